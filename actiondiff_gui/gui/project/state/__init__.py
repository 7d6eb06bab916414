"""State of projects, imports, without Qt."""
