"""Network weights: locating, identifying and loading them."""
