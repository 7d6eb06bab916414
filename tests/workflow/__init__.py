"""Jobs shared by window and command line."""
