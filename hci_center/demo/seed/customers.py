"""Invented customers with their ids on each channel."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from contacts.aliases import spellings
from contacts.models import Channel
from contacts.saving import FIRST_STEP
from hci_center.demo.seed.companies import Company
from hci_center.demo.seed.copy_buffers import DAY, NULL, optional, stamp
from hci_center.demo.seed.names import AREA_CODES, FIRST_NAMES, SURNAMES
from hci_center.demo.seed.timeline import Customer, Outcome, Timeline

# Goes through all cell phone numbers without repeating one.
LOCAL_NUMBERS, STRIDE, FIRST_LOCAL = 40_000_000, 7_654_321, 27_650_001
FIRST_PERSON, NEXT_PERSON = 7_000_000_000_000_001, 104_729


@dataclass(frozen=True, slots=True)
class Invented:
    customer: Customer
    channel: str
    external_id: str
    name: str
    sa: int
    known_for: float

    def line(self, outcome: Outcome | None, timeline: Timeline) -> str:
        """Returns the contact's row after its last chat."""
        before = (
            f"{self.customer.id}\t{self.customer.company.manager.pk}\t{self.channel}\t"
            f"{self.external_id}\t{self.name}\t\t"
        )
        if outcome is None:
            since = timeline.now - self.known_for
            protocol = timeline.protocol(since)
            nothing = (
                f"{NULL}\t{NULL}\t{protocol}\t{FIRST_STEP[self.channel]}\t0\t{NULL}"
            )
            return f"{before}{nothing}\t{stamp(since)}\t{NULL}\t{NULL}\t{NULL}\n"
        return (
            f"{before}{outcome.area.id if outcome.area else NULL}\t"
            f"{outcome.operator.id if outcome.operator else NULL}\t"
            f"{outcome.protocol}\t{self.sa}\t{outcome.unread}\t"
            f"{stamp(outcome.last_message_at)}\t{stamp(outcome.first_message_at)}\t"
            f"{optional(outcome.waiting_since)}\t{optional(outcome.queued_at)}\t"
            f"{stamp(outcome.last_in_at)}\n"
        )

    def identity_lines(self) -> list[str]:
        """Returns the identity rows, one for every notation of the number."""
        manager = self.customer.company.manager.pk
        return [
            f"{manager}\t{self.channel}\t{alias}\t{self.customer.id}\n"
            for alias in spellings(self.channel, self.external_id)
        ]


def invent(
    company: Company, how_many: int, ids: Iterator[int], rng: Random
) -> Iterator[Invented]:
    """Customers of a company: most on WhatsApp, a third through its page."""
    manager = company.manager
    for index in range(how_many):
        first, last = rng.choice(FIRST_NAMES), rng.choice(SURNAMES)
        last = f"{rng.choice(SURNAMES)} {last}" if rng.random() < 0.3 else last
        by_page = manager.number is None or (
            manager.facebook_id is not None and index % 3 == 2
        )
        channel = (Channel.FACEBOOK if by_page else Channel.WHATSAPP).value
        sa = FIRST_STEP[channel] + rng.choice((0, 0, 1, 2, 3))
        yield Invented(
            customer=Customer(next(ids), first, company, sa),
            channel=channel,
            external_id=_page_scoped_id(index) if by_page else _cell_phone(index),
            name=f"{first} {last}",
            sa=sa,
            known_for=rng.random() * 90 * DAY,
        )


def _cell_phone(index: int) -> str:
    """Returns a unique number; one in four was saved without the ninth digit."""
    local = 60_000_000 + (FIRST_LOCAL + index * STRIDE) % LOCAL_NUMBERS
    ninth = "" if index % 4 == 3 else "9"
    return f"55{AREA_CODES[index % len(AREA_CODES)]}{ninth}{local}"


def _page_scoped_id(index: int) -> str:
    return str(FIRST_PERSON + index * NEXT_PERSON)
