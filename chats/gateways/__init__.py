"""Drivers of the five gateways, and the code they share."""
