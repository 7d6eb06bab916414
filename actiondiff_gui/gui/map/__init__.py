"""The map of clips."""
