"""Readers of the label files of other tools."""
