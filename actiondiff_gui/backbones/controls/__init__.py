"""Controls to compare backbones with: pixels, motion, optical flow, and untrained copies."""
