"""The screens: the dashboard, and what opens above it."""
