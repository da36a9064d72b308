"""The embedded API server's admission chain."""
