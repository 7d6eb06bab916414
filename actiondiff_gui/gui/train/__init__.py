"""Training a classifier, its results, and the models of a project."""
