"""ActionDiff GUI: recognise actions with the features of a frozen video diffusion model.

Importing the package loads nothing heavy: neither torch, diffusers, transformers, umap nor sklearn.
"""

__version__ = "0.1.0.dev0"
