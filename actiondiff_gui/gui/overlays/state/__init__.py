"""State of overlays, without Qt."""
