"""Logs: their format, what each line names, and one line for each request."""
