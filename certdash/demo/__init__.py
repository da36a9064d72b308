"""An embedded cluster on loopback: API server, admission, controllers and cert-manager's webhook in one process."""
