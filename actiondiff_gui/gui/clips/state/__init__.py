"""State of the table of clips, without Qt."""
