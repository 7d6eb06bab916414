"""The video player and the region of interest."""
