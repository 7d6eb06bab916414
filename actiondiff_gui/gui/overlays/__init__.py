"""Overlays on the video: attention, similarity, feature colours, class evidence."""
