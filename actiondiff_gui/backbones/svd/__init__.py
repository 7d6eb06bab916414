"""Stable Video Diffusion as a backbone."""
