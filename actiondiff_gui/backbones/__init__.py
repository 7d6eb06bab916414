"""Feature extractors: the protocol, the registry, the SVD family and control backbones."""
