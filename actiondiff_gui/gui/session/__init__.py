"""What is open, chosen and true in one window. Knows no Qt."""
