"""The wait time in the list of chats."""

from __future__ import annotations

from typing import Any

from django.db.models import Case, Exists, F, OuterRef, Q, Subquery, When
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.html import format_html
from django.utils.timesince import timesince
from django.utils.translation import gettext_lazy

from areas.models import Area
from chats.models import ChatEvent, Clock, MenuState
from managers.admin.columns import column, short

IS_OPEN = Q(closed_at=None)
IN_MENU = Q(Exists(MenuState.objects.filter(chat=OuterRef("pk"))))
# An external bot has the chat: no area since it was opened, although its manager has
# areas, and no ledger line says that a bot has ended. As counted by the wall
# (`hci_center.reports.live`).
_LINES = ChatEvent.objects.filter(chat=OuterRef("pk"))
_BOT_HAS_ENDED = _LINES.filter(
    Q(kind__in=["reopened", "bot_ended"])
    | Q(area__isnull=False)
    | Q(operator__isnull=False)
    | Q(kind="opened", cause__in=["operator", "import"])
)
_AREAS_THEN = Area.objects.filter(
    manager=OuterRef("manager"), created_at__lte=OuterRef("opened_at")
)
WITH_BOT = IN_MENU | (
    Q(contact__area=None) & Q(Exists(_AREAS_THEN)) & ~Q(Exists(_BOT_HAS_ENDED))
)
WITHOUT_OPERATOR = IS_OPEN & Q(contact__operator=None)
WITH_OPERATOR = IS_OPEN & Q(contact__operator__isnull=False)

# Without an operator, since it entered the queue; with one, since the customer wrote.
_WAITS_SINCE = Case(
    When(closed_at__isnull=False, then=None),
    When(contact__operator=None, then=Coalesce("contact__queued_at", "opened_at")),
    default=F("contact__waiting_since"),
)
_RUNNING = Clock.objects.filter(chat=OuterRef("pk"), met_at=None, void_at=None)
_URGENT = _RUNNING.order_by(F("due_at").asc(nulls_last=True), "pk")
COLUMNS = {
    "waits_since": _WAITS_SINCE,
    "clock": Subquery(_URGENT.values("kind")[:1]),
    "clock_due": Subquery(_URGENT.values("due_at")[:1]),
    "clock_risk": Subquery(_URGENT.values("risk_at")[:1]),
}


@column(gettext_lazy("Waiting for"), ordering="waits_since")
def waiting_for(_page: Any, chat: Any) -> str | None:
    """How long the customer has waited, coloured by the most urgent target."""
    if chat.waits_since is None:
        return None
    now = timezone.now()
    if chat.clock is None:
        kind = "mute"
    elif chat.clock_due is not None and chat.clock_due <= now:
        kind = "bad"
    elif chat.clock_risk is not None and chat.clock_risk <= now:
        kind = "warn"
    else:
        kind = "good"
    return format_html(
        '<time class="bo-tag bo-tag-{}" datetime="{}" title="{}">{}</time>',
        kind,
        chat.waits_since.isoformat(),
        short(chat.waits_since),
        timesince(chat.waits_since, now, depth=1),
    )
