"""The admin pages of areas, operators, rules, reasons and holidays."""

from areas.admin import areas, holidays, operators, policies, reasons

__all__ = ["areas", "holidays", "operators", "policies", "reasons"]
