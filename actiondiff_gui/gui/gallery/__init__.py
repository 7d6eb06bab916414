"""Gallery: clips as a grid of looping pictures, labelled one by one or all at once."""
