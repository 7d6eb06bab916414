"""State of the features dock, without Qt."""
