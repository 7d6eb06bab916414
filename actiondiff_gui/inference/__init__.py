"""Application of a trained classifier to clips, recordings and folders."""
