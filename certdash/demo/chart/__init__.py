"""The objects of an install, as the Helm chart of cert-manager renders them by default."""
