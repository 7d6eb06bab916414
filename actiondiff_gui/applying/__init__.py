"""How do the answers of a classifier get into a project?"""
