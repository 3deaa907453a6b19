"""Labels of operators and areas that may receive contacts: presence and load."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from areas.models import Area, Availability
from chats.conversations.operator_load import Colleague

PRESENCE: dict[str, tuple[Literal["good", "warn", "mute"], Promise | str]] = {
    Availability.State.ONLINE: ("good", Availability.State.ONLINE.label),
    Availability.State.PAUSED: ("warn", Availability.State.PAUSED.label),
    Availability.State.OFFLINE: ("mute", Availability.State.OFFLINE.label),
}


def operator_label(colleague: Colleague, areas: Iterable[Area | None] = ()) -> str:
    """Returns "Ana · Online · 3 open chats", and the areas that he does not serve."""
    parts = [
        colleague.name,
        str(PRESENCE[colleague.state][1]),
        ngettext("%d open chat", "%d open chats", colleague.load) % colleague.load,
    ]
    others = sorted(
        {
            area.name
            for area in areas
            if area is not None and area.pk not in colleague.area_ids
        }
    )
    if others:
        parts.append(_("does not serve %s") % ", ".join(others))
    return " · ".join(parts)


def area_label(area: Area, colleagues: Iterable[Colleague]) -> str:
    """Returns "Vendas · 3 operators, 1 online"."""
    serving = [one for one in colleagues if area.pk in one.area_ids]
    online = sum(one.state == Availability.State.ONLINE for one in serving)
    count = ngettext("%d operator", "%d operators", len(serving)) % len(serving)
    return f"{area.name} · {count}, " + _("%d online") % online
