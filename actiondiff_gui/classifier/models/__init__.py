"""Trained classifiers: networks, files, and the library of a project."""
