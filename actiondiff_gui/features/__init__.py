"""Features: windows, extraction, token store and feature sets."""
