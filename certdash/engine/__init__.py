"""Runs it: streams, the probe loop, the store and the timeline."""
