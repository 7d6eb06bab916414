"""State of the review, without Qt."""
