"""What is chosen and true now, in one window? Knows no Qt, so that it can be tested and driven without one."""
