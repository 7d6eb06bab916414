"""Integrity check of a project and of the files beside it."""
