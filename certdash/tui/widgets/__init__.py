"""Widgets that paint lines themselves, so that a change costs no more than the cells that changed."""
