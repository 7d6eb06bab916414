"""Which action is it?"""
