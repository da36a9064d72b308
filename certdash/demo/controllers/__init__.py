"""What kube-controller-manager is to a real cluster, as far as an install of cert-manager needs it."""
