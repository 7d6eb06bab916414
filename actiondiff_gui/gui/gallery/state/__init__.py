"""State of the gallery, without Qt."""
