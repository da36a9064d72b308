"""What cert-manager does to issue a certificate: what to create, which stages it goes through, why it stalls. Pure."""
