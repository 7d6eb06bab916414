"""Where does the model look? Overlays for the video, and their files. Knows no window."""

NO_CROSS_ATTENTION = (
    "Cross-attention is not offered: Stable Video Diffusion gives it one image embedding per frame, so there is a "
    "single key, its weight is 1 everywhere, and a map of it would be blank."
)
