"""The processes of cert-manager's containers, as the embedded cluster runs them."""
