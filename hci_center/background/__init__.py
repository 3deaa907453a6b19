"""Faults of the background processes: stored, counted and shown to every probe."""
