"""Ethograms: time budget, transitions and agreement."""
