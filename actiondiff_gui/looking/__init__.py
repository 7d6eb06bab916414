"""Where does the model look? Overlays for the video, and their files. Knows no window."""
