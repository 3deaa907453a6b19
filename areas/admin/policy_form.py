"""The form of a policy: each setting with a help text."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from areas.admin.moments import BeginsAt, zone_of
from areas.admin.policy_fields import (
    DAY_NAMES,
    NOTHING,
    Choice,
    InheritingField,
    Minutes,
    Number,
    SpokenText,
    WeekField,
    YesNo,
)
from areas.models import Area, Assignment, Policy
from areas.models.policies import MOST_CHATS
from areas.rules.hours import DAYS, Problems
from areas.rules.policies import PolicySettings, merge, stored_policies
from areas.rules.policy_values import AREAS, FIELDS, read_policy
from areas.rules.policy_values import WEEK as WEEK_SECONDS

# The key of each column in `read_policy`.
KEYS = {
    "hours": "hours",
    **{column: key for key, column in AREAS.items()},
    **{column: key for key, (column, _parse) in FIELDS.items()},
}


class PolicyForm(forms.ModelForm):  # type: ignore[type-arg]
    """Fields named like the columns; `given` holds the changed values, by key."""

    begins_at = BeginsAt()
    hours = WeekField(
        label=gettext_lazy("Opening hours"),
        help_text=gettext_lazy(
            "When customers can expect somebody to answer, in the company's time zone."
        ),
    )
    holidays = YesNo(
        label=gettext_lazy("Closed on holidays"),
        help_text=gettext_lazy(
            "Whether the dates of the list of holidays replace the week's hours."
        ),
    )
    away_text = SpokenText(
        label=gettext_lazy("Text when closed"),
        help_text=gettext_lazy(
            "What a customer reads, once, who writes while it is closed."
        ),
    )
    away_area_id = Choice(
        label=gettext_lazy("Area when closed"),
        help_text=gettext_lazy(
            "Who writes while it is closed waits in this area, if that one is open."
        ),
    )
    entry_area_id = Choice(
        label=gettext_lazy("Area of new customers"),
        help_text=gettext_lazy(
            "Customers who have no area and meet no menu begin in it."
        ),
    )
    assign = Choice(
        choices=Assignment.choices,
        label=gettext_lazy("Assignment"),
        help_text=gettext_lazy(
            "Who is given a waiting customer: nobody, whoever has the fewest chats, or "
            "one after the other."
        ),
    )
    cap = Number(
        MOST_CHATS,
        label=gettext_lazy("Most chats at once"),
        help_text=gettext_lazy(
            "Nobody with that many chats is given another one; 0 is no limit."
        ),
    )
    last_operator = Minutes(
        label=gettext_lazy("Back to the last operator (minutes)"),
        help_text=gettext_lazy(
            "A customer who writes again within this time goes to whoever served him."
        ),
    )
    release_offline = Minutes(
        label=gettext_lazy("Release when offline (minutes)"),
        help_text=gettext_lazy(
            "The waiting customers of an operator who is gone this long are released."
        ),
    )
    sla_queue = Minutes(
        label=gettext_lazy("Target: queue (minutes)"),
        help_text=gettext_lazy(
            "The longest that a customer should wait in the queue, in open time."
        ),
    )
    sla_first = Minutes(
        label=gettext_lazy("Target: first answer (minutes)"),
        help_text=gettext_lazy(
            "The longest until a person answers for the first time."
        ),
    )
    sla_reply = Minutes(
        label=gettext_lazy("Target: answer (minutes)"),
        help_text=gettext_lazy("The longest that a customer waits for any answer."),
    )
    sla_resolution = Minutes(
        label=gettext_lazy("Target: resolution (minutes)"),
        help_text=gettext_lazy("The longest from the opening of a chat to its end."),
    )
    closing_text = SpokenText(
        label=gettext_lazy("Closing text"),
        help_text=gettext_lazy("What a customer reads when a person closes the chat."),
    )
    closing_reason_required = YesNo(
        label=gettext_lazy("Closing needs a reason"),
        help_text=gettext_lazy("Whoever closes a chat has to say why."),
    )
    transfer_reason_required = YesNo(
        label=gettext_lazy("Transfer needs a reason"),
        help_text=gettext_lazy("Whoever hands a customer over has to say why."),
    )
    idle_warn = Minutes(
        label=gettext_lazy("Warn an idle customer (minutes)"),
        help_text=gettext_lazy(
            "After this long without an answer from the customer he is warned."
        ),
    )
    idle_warn_text = SpokenText(
        label=gettext_lazy("Warning text"),
        help_text=gettext_lazy("What the warned customer reads."),
    )
    idle_close = Minutes(
        label=gettext_lazy("Close an idle chat (minutes)"),
        help_text=gettext_lazy("This long after the warning the chat is closed."),
    )
    idle_text = SpokenText(
        label=gettext_lazy("Idle closing text"),
        help_text=gettext_lazy("What the customer reads when it is closed for that."),
    )
    reopen = Minutes(
        WEEK_SECONDS,
        label=gettext_lazy("Reopen (minutes)"),
        help_text=gettext_lazy(
            "A customer who writes this soon after the end goes on in the same chat."
        ),
    )
    survey = YesNo(
        label=gettext_lazy("Survey"),
        help_text=gettext_lazy("After a chat the customer is asked for a mark."),
    )
    survey_text = SpokenText(
        label=gettext_lazy("Survey question"),
        help_text=gettext_lazy("How he is asked for a mark from 1 to 5."),
    )
    survey_days = Number(
        365,
        label=gettext_lazy("Days between surveys"),
        help_text=gettext_lazy("A customer is not asked again before."),
    )
    comment_up_to = Number(
        5,
        label=gettext_lazy("Ask for a comment up to mark"),
        help_text=gettext_lazy(
            "Who gives this mark or a lower one is asked what went wrong; 0 is nobody."
        ),
    )

    class Meta:
        model = Policy
        fields = ["manager", "area"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.given: dict[str, Any] = {}
        manager_id, area_id = self._scope()
        if self.instance.pk and area_id is not None:
            # Only for managers.
            del self.fields["entry_area_id"]
        begins_at: Any = self.fields["begins_at"]
        begins_at.zone = zone_of(manager_id)
        rows = {} if manager_id is None else stored_policies(manager_id)
        inherited = PolicySettings() if area_id is None else merge([rows.get(None)])
        areas = dict(
            Area.objects.in_use()
            .filter(manager=manager_id)
            .exclude(pk=area_id or 0)
            .order_by("name")
            .values_list("pk", "name")
        )
        for column, field in self.fields.items():
            if not isinstance(field, InheritingField):
                continue
            if isinstance(field, Choice) and column.endswith("_area_id"):
                names = [(str(pk), name) for pk, name in areas.items()]
                field.offer([(NOTHING, _("None")), *names])
                field.show_inherited(str(getattr(inherited, column) or NOTHING))
            else:
                field.show_inherited(getattr(inherited, column))
            self.initial[column] = self._initial(column, field)

    def _scope(self) -> tuple[int | None, int | None]:
        """Returns the manager and the area of the policy, as far as known."""
        if self.instance.pk:
            return self.instance.manager_id, self.instance.area_id
        known = []
        for name in ("manager", "area"):
            value = self.data.get(name) or self.initial.get(name) or ""
            known.append(int(value) if str(value).isdecimal() else None)
        return known[0], known[1]

    def _initial(self, column: str, field: InheritingField) -> Any:
        value = getattr(self.instance, column)
        if column == "away_area_id" and self.instance.no_away_area:
            return NOTHING
        if column.endswith("_area_id"):
            return "" if value is None else str(value)
        return field.shown(value)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        manager = cleaned.get("manager") or getattr(self.instance, "manager", None)
        area = cleaned.get("area") or self.instance.area
        if manager is None:
            return cleaned
        if area is not None and area.manager_id != manager.pk:
            self.add_error("area", _("Choose an area of this manager."))
            return cleaned
        if not self.instance.pk:
            rows = Policy.objects.filter(manager=manager, area=area)
            if rows.exists():
                self.add_error(None, _("There are rules for it already: change those."))
        codes = dict(Area.objects.filter(manager=manager).values_list("pk", "code"))
        self.given = {
            KEYS[column]: self._value(column, cleaned[column], codes)
            for column in self.changed_data
            if column in KEYS and column in cleaned
        }
        problems: Problems = {}
        read_policy(
            self.given,
            manager_id=manager.pk,
            area_id=area and area.pk,
            place="",
            problems=problems,
        )
        self._add_problems(problems)
        is_empty = all(value is None for value in self.given.values())
        if is_empty and not self.instance.pk and not self.errors:
            self.add_error(None, _("Set something: all of it would be inherited."))
        if cleaned.get("begins_at") and not self.given and not self.errors:
            self.add_error("begins_at", _("Change what is to count from then on."))
        return cleaned

    def _value(self, column: str, value: Any, codes: dict[int, str]) -> Any:
        """Returns a cleaned value in the format of `read_policy`: areas by code."""
        if column.endswith("_area_id") and value is not None:
            return "" if value == NOTHING else codes.get(int(value), "?")
        return value

    def _add_problems(self, problems: Problems) -> None:
        columns = {key: column for column, key in KEYS.items()}
        for place, sentences in problems.items():
            key, dot, rest = place.removeprefix(".").partition(".")
            column = columns[key]
            for sentence in sentences:
                self.add_error(
                    column if column in self.fields else None,
                    f"{_place_in_week(rest)}: {sentence}" if dot else str(sentence),
                )

    def _post_clean(self) -> None:
        """Only sets the policy's owner: `save_policy` writes the rest."""
        if not self.instance.pk and self.cleaned_data.get("manager"):
            self.instance.manager = self.cleaned_data["manager"]
            self.instance.area = self.cleaned_data.get("area")


def _place_in_week(place: str) -> str:
    """Returns the weekday of a place such as "mon[1]", with the number of its span."""
    code, _bracket, number = place.rstrip("]").partition("[")
    if code not in DAYS:
        return place
    day = str(DAY_NAMES[DAYS.index(code)])
    return f"{day} ({int(number) + 1})" if number else day
