"""The windows: one folder for each task, with its Qt-free state in ``state/`` beside the dock that shows it."""
