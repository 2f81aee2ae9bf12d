"""Pages that the edge serves itself."""
