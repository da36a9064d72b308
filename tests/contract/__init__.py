"""What the embedded cluster must answer: recorded from the real control plane, compared with both."""
