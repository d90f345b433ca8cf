"""Functions and layers: one concept, one file."""
