"""Import of the contents of label files into a project."""
