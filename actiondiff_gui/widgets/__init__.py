"""The windows: one question per dock. The only room that knows Qt, magicgui and napari."""
