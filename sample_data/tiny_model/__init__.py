"""The tiny model: its networks, training clips and training."""
