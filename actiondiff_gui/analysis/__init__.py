"""Where does each clip lie, and how good is a (timestep, layer)?"""
