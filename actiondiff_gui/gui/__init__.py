"""The windows: one folder for each task; its state, without Qt, lies in ``state/`` beside the dock that shows it."""
