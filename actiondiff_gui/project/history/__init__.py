"""History of changes, undo and redo."""
