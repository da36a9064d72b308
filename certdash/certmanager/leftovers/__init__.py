"""What earlier tests and installs left in a cluster: how it is told from what is in use, and what it does there."""
