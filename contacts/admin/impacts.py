"""The effects of closing chats or deleting contacts, in numbers."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminSelectWidget

from chats.models import Chat, ChatEvent, Delivery, Direction, Message
from managers.admin.impact import ANSWERS, Fact


class CauseForm(forms.Form):
    """The cause of closing, for the ledger and the reports."""

    cause = forms.ChoiceField(
        label=gettext_lazy("Cause"),
        required=False,
        choices=[
            ("", gettext_lazy("As it went: resolved if somebody served it")),
            (ChatEvent.Cause.RESOLVED, ChatEvent.Cause.RESOLVED.label),
            (ChatEvent.Cause.CUSTOMER, ChatEvent.Cause.CUSTOMER.label),
            (ChatEvent.Cause.IDLE, ChatEvent.Cause.IDLE.label),
        ],
        widget=UnfoldAdminSelectWidget(),
    )

    def __init__(self, data: Any) -> None:
        super().__init__(data, prefix=ANSWERS)


def closing_facts(contacts: QuerySet[Any]) -> list[Fact]:
    """Returns the number of open chats: served, owed an answer, never answered."""
    with_operator = ChatEvent.objects.filter(
        chat=OuterRef("pk"), operator__isnull=False
    )
    said = Message.objects.filter(
        chat=OuterRef("pk"), direction=Direction.OUT, auto=""
    ).exclude(sender__in=["", "0"])
    chats = Chat.objects.open().filter(contact__in=contacts.order_by().values("pk"))
    found = list(chats.order_by("pk").values_list("pk", "contact__waiting_since"))
    is_served = Q(Exists(with_operator)) | Q(Exists(said))
    served = list(chats.filter(is_served).order_by("pk").values_list("pk", flat=True))
    owed = [pk for pk, since in found if since is not None]
    never = sorted({pk for pk, _since in found} - set(served))
    return [
        Fact("served", _("Chats that somebody served"), len(served), served),
        Fact(
            "owed", _("Customers who wait for an answer"), len(owed), owed, warns=True
        ),
        Fact(
            "never",
            _("Chats that nobody has answered: they count as lost"),
            len(never),
            never,
            warns=True,
        ),
    ]


def deleting_facts(contacts: QuerySet[Any]) -> list[Fact]:
    """Returns what deleting contacts ends: open chats and unsent messages."""
    ids = contacts.order_by().values("pk")
    chats = list(
        Chat.objects.open().filter(contact__in=ids).values_list("pk", flat=True)
    )
    unsent = Delivery.objects.filter(done_at=None, contact__in=ids).count()
    return [
        Fact("open", _("Open chats, which are closed"), len(chats), chats, warns=True),
        Fact(
            "unsent",
            _("Messages that wait to be sent"),
            unsent,
            warns=True,
            is_fleeting=True,
        ),
    ]
