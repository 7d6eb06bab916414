"""State of the map, without Qt."""
