"""Knows cert-manager: which objects matter, what is kept of them, typed views, discovery, probe objects. Pure."""
