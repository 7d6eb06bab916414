"""Review: the model asks, the annotator answers."""
