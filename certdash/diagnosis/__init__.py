"""Snapshot in, Diagnosis out. Pure: no clock, no network, no order of arrival."""
