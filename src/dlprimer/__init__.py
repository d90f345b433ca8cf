"""Deep learning in readable NumPy."""
