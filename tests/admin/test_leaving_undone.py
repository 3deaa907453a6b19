"""Undoing an operator's deactivation within ten minutes."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from areas.models import Operator
from chats.conversations.assignment import hand_over
from chats.conversations.undoing import is_undoable
from chats.models import Rehoming
from contacts.models import Contact
from tests.admin.conftest import agree, agree_to, messages_of
from tests.admin.leaving import (
    KEY,
    change,
    facts,
    field,
    held,
    leaves,
    lines_of,
    stays,
    undo_path,
    waiting,
    who_has,
)
from tests.conftest import signed_in


def test_undoing_restores_what_has_not_changed_since(desk, sales, ana, carla):
    first, second = held(ana, sales), held(ana, sales)
    answer = agree(
        desk, change(ana), leaves(ana, sales), **{field("held", sales): "queue"}
    )
    assert undo_path() in messages_of(answer)[0]
    hand_over(Contact.objects.get(pk=second.pk), carla.pk, actor=KEY)
    asked = desk.get(undo_path())
    assert facts(asked) == {"back": 1, "stay": 1}
    answer = agree_to(desk, undo_path(), asked, {})
    assert messages_of(answer) == ["1 contact went back."]
    assert Operator.objects.get(pk=ana.pk).is_active
    assert who_has(first) == (ana.pk, sales.pk)
    assert lines_of(first)[-1] == ("transferred", "rehome")
    assert who_has(second) == (carla.pk, sales.pk)
    assert not is_undoable(Rehoming.objects.get())


def test_undoing_does_not_restore_login_sessions(desk, sales, ana, carla):
    held(ana, sales)
    session, colleague = signed_in(ana.user), signed_in(carla.user)
    agree(desk, change(ana), leaves(ana, sales), **{field("held", sales): "queue"})
    agree_to(desk, undo_path(), desk.get(undo_path()), {})
    assert Operator.objects.get(pk=ana.pk).is_active
    assert session.get("/api/session").status_code == 401
    assert signed_in(ana.user).get("/api/session").status_code == 200
    assert colleague.get("/api/session").status_code == 200


def test_an_operator_of_the_staff_stays_signed_in(desk, sales, ana, carla):
    held(ana, sales)
    ana.user.is_staff = True
    ana.user.save()
    session = signed_in(ana.user)
    agree(desk, change(ana), leaves(ana, sales), **{field("held", sales): "queue"})
    assert session.get("/api/session").status_code == 200


def test_undoing_restores_an_area_with_its_contacts(desk, sales, support, ana, bruno):
    queued = waiting(sales)
    was = Contact.objects.get(pk=queued.pk).queued_at
    agree(
        desk,
        change(ana),
        stays(ana),
        **{field("waiting", sales): f"area:{support.pk}"},
    )
    assert who_has(queued) == (None, support.pk)
    agree_to(desk, undo_path(), desk.get(undo_path()), {})
    assert who_has(queued) == (None, sales.pk)
    assert Contact.objects.get(pk=queued.pk).queued_at == was
    assert lines_of(queued)[-1] == ("entered_area", "rehome")
    assert [area.pk for area in ana.areas.all()] == [sales.pk]


def test_undoing_is_refused_after_ten_minutes(desk, sales, ana, carla):
    contact = held(ana, sales)
    agree(desk, change(ana), leaves(ana, sales), **{field("held", sales): "queue"})
    Rehoming.objects.update(at=timezone.now() - timedelta(minutes=11))
    answer = desk.post(undo_path(), {}, follow=True)
    assert messages_of(answer) == ["It can no longer be undone."]
    assert who_has(contact) == (None, sales.pk)


def test_other_supervisors_cannot_undo_it(desk, office, other_manager):
    with transaction.atomic():
        foreign = Rehoming.objects.create(
            manager=other_manager,
            kind="left",
            made_by="user:1",
            before={"contacts": []},
        )
    path = f"/admin/chats/rehoming/{foreign.pk}/undo/"
    assert desk.get(path).status_code == 404
    assert office.get(path).status_code == 200
