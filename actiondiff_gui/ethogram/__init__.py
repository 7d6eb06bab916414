"""How much of what happened, in which order, and do two agree on it?"""
