"""The timestep lab: grid of scores, scoreboard, aligned maps and frame strip."""
