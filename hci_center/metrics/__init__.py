"""Metrics in Prometheus's format: who may read them, and where (docs/operations.md)."""
