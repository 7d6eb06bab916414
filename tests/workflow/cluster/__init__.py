"""Features computed by several processes or machines."""
