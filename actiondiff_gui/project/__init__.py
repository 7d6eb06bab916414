"""Which videos, clips, labels and facets exist?"""
