"""State of the ethogram, without Qt."""
