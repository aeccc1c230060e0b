"""git and the working tree: thin adapters that can be undone after a kill at any moment."""
