"""Studies of timesteps and layers: grids of scores and the choice of an address."""
