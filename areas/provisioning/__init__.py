"""Provisioning files: validated and applied to managers, areas, people, rules and keys."""
