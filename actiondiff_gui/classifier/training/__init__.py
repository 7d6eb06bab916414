"""Training of the transformer classifier."""
