"""Shows the effects of changing a manager's number, page, port or gateway."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.db.models import Max, Q
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from chats.accounts.pauses import hold
from chats.delivery.results import ACCOUNT_CHANGED, fail_waiting
from chats.models import Chat, Delivery, GatewayAccount
from contacts.models import Contact
from managers.admin.columns import short
from managers.admin.impact import ANSWERS, Fact, Impact, agreed
from managers.admin.tenant import TenantAdmin
from managers.models import ApiKey, Manager

_SEND, _HOLD, _FAIL = "send", "hold", "fail"


@dataclass(frozen=True, slots=True)
class NewValue:
    """A value to be typed again, and the parser of the input."""

    name: str
    label: Any
    value: Any
    parse: Callable[[str], Any] = str.strip


@dataclass(frozen=True, slots=True)
class AccountChange:
    """A change of the accounts on these channels.

    `again` are the new values that must be typed twice; `secrets` the names of posted
    fields that no page may show.
    """

    manager: Manager
    channels: Sequence[str]
    title: str
    again: Sequence[NewValue] = ()
    secrets: frozenset[str] = frozenset()


class _AccountForm(forms.Form):
    """Asks for the new values again, and what to do with unsent messages."""

    def __init__(self, data: Any, change: AccountChange, unsent: int) -> None:
        super().__init__(data, prefix=ANSWERS)
        self._again = change.again
        for each in change.again:
            self.fields[each.name] = forms.CharField(
                label=_("Type it again: %s") % each.label,
                widget=UnfoldAdminTextInputWidget({"autocomplete": "off"}),
            )
        if unsent:
            self.fields["unsent"] = forms.ChoiceField(
                label=gettext_lazy("Messages that wait to be sent"),
                choices=[
                    (_SEND, gettext_lazy("The new account sends them")),
                    (_HOLD, gettext_lazy("They are held, for a day at most")),
                    (_FAIL, gettext_lazy("They fail; each can be sent again")),
                ],
                widget=UnfoldAdminSelectWidget(),
            )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for each in self._again:
            typed = cleaned.get(each.name)
            if typed is not None and not _is_same(each, typed):
                self.add_error(each.name, _("This is not what was typed before."))
        return cleaned


def _is_same(new: NewValue, typed: str) -> bool:
    try:
        return bool(new.parse(typed) == new.value)
    except ValueError:
        return False


def ask_about_account(
    page: TenantAdmin, request: HttpRequest, change: AccountChange
) -> Callable[[], None]:
    """Returns the chosen action for unsent messages, for after the change.

    Raises UnconfirmedError until the user has confirmed.
    """
    unsent = _unsent(change).count()
    impact = Impact(
        title=change.title,
        facts=_facts(change, unsent),
        sentences=[
            _(
                "Messages of customers that are sent to the old account are not received"
                " here any more."
            )
        ],
        rows=[change.manager],
        make_form=lambda data: _AccountForm(data, change, unsent),
        danger=True,
        secrets=change.secrets,
    )
    answer = agreed(page, request, impact).cleaned_data.get("unsent", _SEND)

    def settle() -> None:
        for channel in change.channels:
            if answer == _HOLD:
                hold(change.manager.pk, channel, _("Held since the account changed."))
            elif answer == _FAIL:
                reason = _("The account changed before it was sent.")
                fail_waiting(change.manager.pk, channel, reason, ACCOUNT_CHANGED)

    return settle


def has_activity(change: AccountChange) -> bool:
    """Returns whether there is an open chat or an unsent message on these channels."""
    return bool(_open_chats(change).exists() or _unsent(change).exists())


def _open_chats(change: AccountChange) -> Any:
    return Chat.objects.open().filter(
        manager=change.manager, contact__channel__in=change.channels
    )


def _unsent(change: AccountChange) -> Any:
    return Delivery.objects.filter(
        manager=change.manager, channel__in=change.channels, done_at=None
    )


def _facts(change: AccountChange, unsent: int) -> list[Fact]:
    chats = _open_chats(change).count()
    keys = ApiKey.objects.live().filter(
        Q(all_managers=True) | Q(managers=change.manager)
    )
    names = sorted(set(keys.values_list("name", flat=True)))
    accounts = list(
        GatewayAccount.objects.filter(
            manager=change.manager, channel__in=change.channels
        ).order_by("channel")
    )
    states = [f"{a.get_channel_display()}: {a.get_state_display()}" for a in accounts]
    contacts = Contact.objects.filter(
        manager=change.manager, channel__in=change.channels
    )
    latest = contacts.aggregate(at=Max("last_message_at"))["at"]
    return [
        Fact(
            "open",
            _("Open chats"),
            chats,
            note=_("latest message: %s") % short(latest) if latest else "",
            warns=True,
            is_fleeting=True,
        ),
        Fact(
            "unsent",
            _("Messages that wait to be sent"),
            unsent,
            warns=True,
            is_fleeting=True,
        ),
        Fact("keys", _("API keys"), len(names), names, note=", ".join(names)),
        Fact("accounts", _("Gateway sessions"), len(states), note=", ".join(states)),
    ]


def values_to_retype(
    labels: Mapping[str, Any], given: Mapping[str, Any]
) -> list[NewValue]:
    """Returns the non-empty values, which must be typed exactly."""
    return [
        NewValue(name, labels[name], str(value))
        for name, value in given.items()
        if value
    ]
