"""From the contents of a label file to clips and labels of a project."""
