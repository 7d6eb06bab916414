"""The timeline of the open video."""
