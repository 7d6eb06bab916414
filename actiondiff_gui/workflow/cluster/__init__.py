"""Features of a project computed by several processes or machines, which write into one store."""
