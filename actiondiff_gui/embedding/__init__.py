"""Maps of clips on a plane, their alignment, and selection on them."""
