"""A select of hundreds of options."""

from __future__ import annotations

from typing import Any

from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from unfold.widgets import UnfoldAdminSelect2Widget


class LongSelect(UnfoldAdminSelect2Widget):
    """Renders all options with one template.

    Django includes two templates for each option: for the time zones, that takes longer
    than the rest of the page.
    """

    template_name = "admin/managers/long_select.html"

    def _render(
        self, template_name: str, context: dict[str, Any], renderer: Any = None
    ) -> SafeString:
        # The form renderer does not find the project's templates.
        return render_to_string(template_name, context)
