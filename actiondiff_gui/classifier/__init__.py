"""Action classifiers: training, saved models, prediction and bouts."""
