"""Writers of label files for other tools."""
