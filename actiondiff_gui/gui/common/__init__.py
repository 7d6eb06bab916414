"""Small parts that the docks of several tasks use."""
