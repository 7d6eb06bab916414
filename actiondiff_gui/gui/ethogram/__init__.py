"""Ethogram, time budget, transitions and agreement."""
