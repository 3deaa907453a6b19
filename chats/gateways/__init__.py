"""Drivers of the five gateways, and what they have in common."""
