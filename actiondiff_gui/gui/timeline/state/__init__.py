"""State of the timeline, without Qt."""
