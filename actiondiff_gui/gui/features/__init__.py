"""The dock that computes features."""
