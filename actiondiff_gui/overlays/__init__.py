"""Overlays of attention, similarity, feature colours and class evidence, and their files. Without Qt."""
