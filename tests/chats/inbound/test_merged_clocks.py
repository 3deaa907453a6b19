"""Clocks and tasks after two contacts are merged."""

from __future__ import annotations

from chats.models import Chat, Clock, Task
from chats.rules import tasks
from tests import builders
from tests.chats.inbound.test_merged_tags import merged
from tests.chats.rules.living import Life, running
from tests.chats.rules.running import run_tasks


def life_in(api, manager, area):
    life = Life(api, manager, builders.make_contact(manager, area=area))
    life.writes()
    return life


def test_the_kept_chat_keeps_its_clocks(api, manager, sales):
    builders.save_policy(manager, slaQueue=60, slaResolution=60)
    first, second = (life_in(api, manager, sales) for _ in range(2))
    run_tasks()
    contact = merged(manager, first.contact, second.contact)
    run_tasks()
    assert {clock.chat.contact_id for clock in running().values()} == {contact.pk}
    ended = Clock.objects.exclude(void_at=None)
    assert {clock.kind for clock in ended} == {"queue", "resolution"}
    assert not Clock.objects.exclude(met_at=None).exists()


def test_the_only_open_chat_keeps_its_clocks(api, manager, sales, ana):
    builders.save_policy(manager, slaQueue=60, slaFirst=60)
    first = Life(api, manager)
    second = life_in(api, manager, sales)
    run_tasks()
    before = {kind: clock.pk for kind, clock in running().items()}
    assert set(before) == {"queue", "first"}
    contact = merged(manager, first.contact, second.contact)
    run_tasks()
    assert {kind: clock.pk for kind, clock in running().items()} == before
    assert Chat.objects.get().contact_id == contact.pk


def test_tasks_run_for_the_merged_contact(api, manager, sales):
    builders.save_policy(manager, slaQueue=60)
    first = Life(api, manager)
    second = life_in(api, manager, sales)
    tasks.schedule("clock", manager.pk, contact_id=first.contact.pk)
    contact = merged(manager, first.contact, second.contact)
    kinds = set(Task.objects.filter(contact=contact.pk).values_list("kind", flat=True))
    assert {"clock", "inbound"} <= kinds
    assert not Task.objects.exclude(contact=contact.pk).exists()
    run_tasks()
    assert set(running()) == {"queue"}
