"""Scoreboards: train on some domains, test on another, methods side by side."""
