"""Which timestep, which layer, which backbone? Comparisons that need both the probes and the classifier."""
