"""State of the timestep lab, without Qt."""
