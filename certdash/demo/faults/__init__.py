"""Faults as named verbs, the same for the embedded cluster and a real one."""
