"""Form fields of a policy: empty inherits, and the inherited value is shown in grey."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django import forms
from django.forms.renderers import get_default_renderer
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from areas.models.policies import YEAR
from areas.rules.hours import ALWAYS, DAYS
from areas.rules.policy_values import LONGEST_TEXT

# Means an explicit "nothing" where an empty field inherits.
NOTHING = "-"
INHERITED = ""
WEEK = "week"

_MINUTES = re.compile(r"([0-9]{1,6})(?::([0-5][0-9]))?")
_BETWEEN_SPANS = re.compile(r"[,;\n]+")

DAY_NAMES = (
    gettext_lazy("Monday"),
    gettext_lazy("Tuesday"),
    gettext_lazy("Wednesday"),
    gettext_lazy("Thursday"),
    gettext_lazy("Friday"),
    gettext_lazy("Saturday"),
    gettext_lazy("Sunday"),
)


def format_minutes(seconds: int) -> str:
    """Returns a duration in the input format: minutes, with seconds after a colon."""
    minutes, rest = divmod(seconds, 60)
    return f"{minutes}:{rest:02}" if rest else str(minutes)


def _typed(value: Any) -> str:
    return str(value or "").replace("\r\n", "\n").strip()


class InheritingField(forms.Field):
    """A setting; None is inherited. `shown` converts a stored value to text."""

    def shown(self, value: Any) -> Any:
        return value

    def has_changed(self, initial: Any, data: Any) -> bool:
        # The input text: an explicit nothing is not an empty field.
        return _typed(initial) != _typed(data)

    def show_inherited(self, value: Any) -> None:
        """Shows in grey the value that applies while the field is empty."""
        self.widget.attrs["placeholder"] = str(self.shown(value))


class Minutes(InheritingField):
    """A duration in minutes; the value is in seconds, as is `most`."""

    def __init__(self, most: int = YEAR, **options: Any) -> None:
        self.most = most
        widget = UnfoldAdminTextInputWidget(attrs={"inputmode": "numeric"})
        super().__init__(required=False, widget=widget, **options)

    def shown(self, value: Any) -> Any:
        return "" if value is None else format_minutes(value)

    def to_python(self, value: Any) -> int | None:
        text = str(value or "").strip()
        if not text:
            return None
        found = _MINUTES.fullmatch(text)
        if found is None:
            raise forms.ValidationError(
                _("Write minutes, like 15, or minutes and seconds, like 1:30.")
            )
        seconds = int(found[1]) * 60 + int(found[2] or 0)
        if seconds > self.most:
            raise forms.ValidationError(_("At most %d minutes.") % (self.most // 60))
        return seconds


class Number(InheritingField):
    def __init__(self, most: int, **options: Any) -> None:
        self.most = most
        widget = UnfoldAdminTextInputWidget(attrs={"inputmode": "numeric"})
        super().__init__(required=False, widget=widget, **options)

    def shown(self, value: Any) -> Any:
        return "" if value is None else str(value)

    def to_python(self, value: Any) -> int | None:
        text = str(value or "").strip()
        if not text:
            return None
        if not re.fullmatch(r"[0-9]{1,6}", text) or int(text) > self.most:
            raise forms.ValidationError(_("Write a whole number up to %d.") % self.most)
        return int(text)


class SpokenText(InheritingField):
    """A text for customers; a single "-" means that none is sent."""

    def __init__(self, **options: Any) -> None:
        widget = UnfoldAdminTextareaWidget(attrs={"rows": 3, "maxlength": LONGEST_TEXT})
        super().__init__(required=False, widget=widget, **options)

    def shown(self, value: Any) -> Any:
        return "" if value is None else value or NOTHING

    def to_python(self, value: Any) -> str | None:
        text = str(value or "").replace("\r\n", "\n").strip()
        if not text:
            return None
        return "" if text == NOTHING else text


class Choice(InheritingField, forms.ChoiceField):
    """One of a few choices; the first inherits, and shows the inherited value."""

    def __init__(self, choices: Any = (), **options: Any) -> None:
        super().__init__(required=False, widget=UnfoldAdminSelectWidget(), **options)
        self.offer(choices)

    def offer(self, choices: Any) -> None:
        self.offered = list(choices)
        self.choices = [(INHERITED, gettext_lazy("Inherited")), *self.offered]

    def show_inherited(self, value: Any) -> None:
        label = dict(self.offered).get(self.shown(value), value)
        message = _("Inherited: %s") % label
        self.choices = [(INHERITED, message), *self.offered]

    def to_python(self, value: Any) -> Any:
        return super().to_python(value) or None


class YesNo(Choice):
    def __init__(self, **options: Any) -> None:
        choices = [("yes", gettext_lazy("Yes")), ("no", gettext_lazy("No"))]
        super().__init__(choices=choices, **options)

    def shown(self, value: Any) -> Any:
        return INHERITED if value is None else "yes" if value else "no"

    def clean(self, value: Any) -> bool | None:
        chosen = super().clean(value)
        return None if chosen is None else chosen == "yes"


class WeekWidget(forms.MultiWidget):
    """The mode of the hours, and a text of spans for each weekday.

    `week-hours.js` shows them as a week in which spans can be dragged; without it they
    are text fields.
    """

    template_name = "admin/areas/week_hours.html"

    class Media:
        js = ("week-hours.js",)

    def __init__(self) -> None:
        self.choices = [
            (INHERITED, gettext_lazy("Inherited")),
            (ALWAYS, gettext_lazy("Always open")),
            (WEEK, gettext_lazy("The week below")),
        ]
        mode = UnfoldAdminSelectWidget(choices=self.choices)
        days = [UnfoldAdminTextInputWidget() for _day in DAYS]
        super().__init__([mode, *days])

    def show_inherited(self, value: Any) -> None:
        shown = texts_of_week(value)
        for day, text in zip(self.widgets[1:], shown[1:], strict=True):
            day.attrs["placeholder"] = text or _("closed")
        message = _("Inherited: always open") if value == ALWAYS else _("Inherited")
        mode: Any = self.widgets[0]
        mode.choices = [(INHERITED, message), *self.choices[1:]]

    def decompress(self, value: Any) -> list[str]:
        return texts_of_week(value)

    def _render(
        self, template_name: str, context: dict[str, Any], renderer: Any = None
    ) -> SafeString:
        # The form renderer does not find the project's templates, only those of
        # widgets.
        renderer = renderer or get_default_renderer()
        mode, *days = (
            {
                "id": widget["attrs"].get("id", ""),
                "html": mark_safe(  # noqa: S308 - a rendered template
                    renderer.render(widget["template_name"], {"widget": widget})
                ),
            }
            for widget in context["widget"]["subwidgets"]
        )
        named = [
            {"label": label, "code": code, **day}
            for label, code, day in zip(DAY_NAMES, DAYS, days, strict=True)
        ]
        return render_to_string(template_name, {"mode": mode, "days": named})


def texts_of_week(value: Any) -> list[str]:
    """Returns the mode and the text of each weekday; None inherits."""
    if value is None:
        return [INHERITED, *[""] * len(DAYS)]
    if value == ALWAYS:
        return [ALWAYS, *["00:00-24:00"] * len(DAYS)]
    return [WEEK, *(", ".join(value.get(day, [])) for day in DAYS)]


class WeekField(InheritingField):
    widget: WeekWidget

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, widget=WeekWidget(), **options)

    def shown(self, value: Any) -> Any:
        if value == ALWAYS:
            return [ALWAYS, *[""] * len(DAYS)]
        return texts_of_week(value)

    def show_inherited(self, value: Any) -> None:
        self.widget.show_inherited(value)

    def to_python(self, value: Any) -> Any:
        mode, *days = value or [INHERITED, *[""] * len(DAYS)]
        week: Mapping[str, list[str]] = {
            day: [each.strip() for each in _BETWEEN_SPANS.split(text) if each.strip()]
            for day, text in zip(DAYS, (text or "" for text in days), strict=True)
        }
        if mode == WEEK:
            return {day: spans for day, spans in week.items() if spans}
        if any(week.values()):
            raise forms.ValidationError(
                _("Choose “The week below”, or leave its days empty.")
            )
        return ALWAYS if mode == ALWAYS else None

    def has_changed(self, initial: Any, data: Any) -> bool:
        return [text or "" for text in initial or []] != [
            (text or "").strip() for text in data or []
        ]
