"""The embedded cert-manager webhook: validates and stamps as release 1.21.1 does."""
