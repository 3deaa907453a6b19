"""Faults of the processes behind the web: kept, counted, and told to every probe."""
