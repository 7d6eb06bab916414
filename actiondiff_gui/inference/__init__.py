"""Applies a trained classifier to clips, recordings and folders, and keeps the predictions in the project."""
