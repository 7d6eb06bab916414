"""State of training and models, without Qt."""
