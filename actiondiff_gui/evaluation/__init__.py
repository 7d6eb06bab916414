"""Evaluation: splits, simple classifiers, metrics, intervals, grids and the choice of an address."""
