"""Weights of networks: where they lie, what identifies them, and loading them."""
