"""Stored report rows of chats whose contacts are merged."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from hci_center.reports.kept import nightly, rebuilding
from hci_center.reports.models import Check, Dirty, Episode
from tests.chats.inbound.test_merged_tags import merged
from tests.reports.hand_checked import NUMBER
from tests.reports.past import Centre, at, write_chat

pytestmark = pytest.mark.django_db


def write_resolved(centre: Centre, contact: Any, day: str) -> int:
    return write_chat(
        centre,
        contact,
        [
            (at(f"{day} 10:00"), "opened", centre.sales, None, {"cause": "customer"}),
            (at(f"{day} 10:01"), "claimed", centre.sales, centre.ana),
            (at(f"{day} 10:05"), "closed", centre.sales, None, {"cause": "resolved"}),
        ],
    )


def test_chats_of_merged_contacts_are_recomputed(centre: Centre) -> None:
    first, second = centre.contact(), centre.contact()
    before = write_resolved(centre, first, "19")
    long_before = write_resolved(centre, first, "10")
    after = write_resolved(centre, second, "20")
    rebuilding.take_dirty()
    assert not Episode.objects.filter(is_recontacted=True).exists()

    contact = merged(centre.manager, first, second)
    assert {row.chat_id for row in Dirty.objects.all()} == {before, after}
    rebuilding.take_dirty()

    recontacted = Episode.objects.filter(is_recontacted=True)
    assert [row.chat_id for row in recontacted] == [before]
    assert {row.contact_id for row in Episode.objects.all()} == {contact.pk}
    assert Episode.objects.filter(chat_id=long_before).exists()
    assert nightly.check_if_due(datetime(2025, 11, 25, 7, tzinfo=UTC))
    assert not Check.objects.filter(check_code="kept").exists()


@pytest.fixture
def centre(db: None) -> Centre:
    return Centre(NUMBER)
