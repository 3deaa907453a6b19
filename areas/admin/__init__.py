"""The admin pages of areas, operators, rules and holidays."""

from areas.admin import areas, holidays, operators, policies

__all__ = ["areas", "holidays", "operators", "policies"]
