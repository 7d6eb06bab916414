"""Overlays that show what a network attends to and tells apart, and their files. Knows no window."""
