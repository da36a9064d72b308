"""The real control plane and the real cert-manager as plain processes, and what certdash says of them."""
