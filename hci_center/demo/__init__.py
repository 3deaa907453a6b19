"""The demonstration: fake gateways, and generated data."""
