"""How well do a model's features name actions across species, viewpoints and contexts?"""
