"""The admin pages of areas, operators, rules, reasons and holidays."""

from django.contrib import admin

from areas.admin import (
    areas,
    holidays,
    operators,
    planned_policies,
    policies,
    reasons,
)
from areas.auth_backends import ThrottledLoginForm

__all__ = [
    "areas",
    "holidays",
    "operators",
    "planned_policies",
    "policies",
    "reasons",
]

admin.site.login_form = ThrottledLoginForm
