"""Backups of a project: making, thinning out and restoring them."""
