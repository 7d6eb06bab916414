"""The table of clips."""
