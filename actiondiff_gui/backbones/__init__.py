"""Which features exist and how does one ask for them?"""
