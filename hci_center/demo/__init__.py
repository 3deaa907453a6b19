"""The demonstration: make-believe gateways, and a centre filled with invented data."""
