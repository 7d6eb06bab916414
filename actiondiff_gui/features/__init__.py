"""How do clips become tokens, where are they kept, and are they still valid?"""
