"""Speaks Kubernetes: kubeconfig, transport, reflector, dry-run creates. Knows nothing of cert-manager."""
