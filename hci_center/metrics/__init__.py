"""Metrics in Prometheus's format, and access to them (docs/operations.md)."""
