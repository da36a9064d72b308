"""What cert-manager's controller does: Issuers become ready, Certificates are requested, approved, signed, stored."""
