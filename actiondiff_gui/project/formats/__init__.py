"""How do labels get in from other tools, and out to them?"""
