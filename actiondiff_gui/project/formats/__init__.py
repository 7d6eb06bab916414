"""Label files of other tools: readers, writers and import plans."""
