"""Token files of a store: their format, an index of what there is, and damaged files set aside and computed again."""
