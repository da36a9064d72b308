"""certdash: proves whether the Kubernetes API accepts cert-manager resources, and names what to fix."""

__version__ = "0.1.0"
