"""Is a project whole, with all that lies beside it?"""
