"""The recordings of the project: where they lie, how far they are labelled, what can be done with them."""
