"""An operator leaves or gives up areas: nobody is left alone unless somebody chose it."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from areas.models import Operator
from areas.operators import find_operator
from chats.conversations.assignment import claim, hand_over
from chats.conversations.audit import Actor
from chats.conversations.homes import has_no_home, watch_homes
from chats.conversations.lifecycle import open_chat
from chats.conversations.undoing import is_undoable
from chats.models import ChatEvent, HomelessChat, Rehoming
from contacts.models import Contact
from tests.admin.conftest import agree, agree_to, messages_of
from tests.areas.test_presence import arrive
from tests.builders import make_area, make_contact, make_operator

KEY = Actor("key:1")


def change(operator):
    return f"/admin/areas/operator/{operator.pk}/change/"


def stays(operator, *areas, **over):
    form = {
        "name": operator.name,
        "email": operator.email,
        "is_active": "on",
        "username": operator.user.username,
        "new_password": "",
        "areas": [area.pk for area in areas],
    }
    return {name: value for name, value in (form | over).items() if value is not None}


def leaves(operator, *areas):
    return stays(operator, *areas, is_active=None)


def held(operator, area, **over):
    contact = make_contact(operator.manager, area=area, **over)
    claim(contact, find_operator(operator.manager_id, operator.pk), actor=KEY)
    return contact


def waiting(area):
    contact = make_contact(area.manager, area=area)
    open_chat(contact, actor=KEY)
    return contact


def who_has(contact):
    contact = Contact.objects.get(pk=contact.pk)
    return contact.operator_id, contact.area_id


def lines_of(contact):
    events = ChatEvent.objects.filter(chat__contact=contact).order_by("pk")
    return [(e.kind, e.cause) for e in events]


def homeless():
    return list(Contact.objects.filter(has_no_home()))


def facts(asked):
    return {fact.key: fact.count for fact in asked.context["impact"].facts}


def field(what, area):
    return f"answer-{what}_{area.manager_id}_{area.pk}"


@pytest.fixture
def carla(manager, sales):
    """A colleague of Ana in her area."""
    return make_operator(manager, sales, name="Carla")


def test_nothing_happens_before_the_page_is_agreed_to(desk, sales, ana, carla):
    contact = held(ana, sales, waiting_since=timezone.now() - timedelta(minutes=5))
    arrive(ana)
    asked = desk.post(change(ana), leaves(ana, sales))
    assert facts(asked) == {
        "held": 1,
        "owed": 1,
        "deserted": 0,
        "unsent": 0,
        "sockets": 1,
    }
    assert "Carla · Offline · 0 open chats" in asked.content.decode()
    assert who_has(contact) == (ana.pk, sales.pk)
    assert Operator.objects.get(pk=ana.pk).is_active


def test_what_he_holds_goes_back_to_the_queue_by_itself(
    desk, supervisor, sales, ana, carla
):
    contact = held(ana, sales)
    answer = agree(
        desk, change(ana), leaves(ana, sales), **{field("held", sales): "queue"}
    )
    assert "1 contact was concerned." in messages_of(answer)[0]
    assert who_has(contact) == (None, sales.pk)
    assert not Operator.objects.get(pk=ana.pk).is_active
    last = ChatEvent.objects.latest("pk")
    assert (last.kind, last.cause, last.actor) == (
        "released",
        "left",
        f"user:{supervisor.pk}",
    )


def test_a_colleague_or_another_area_gets_it(desk, sales, support, ana, bruno, carla):
    first, other = held(ana, sales), make_area(sales.manager)
    operator = make_operator(sales.manager, sales, other, name="Davi")
    second = held(operator, other)
    agree(
        desk,
        change(ana),
        leaves(ana, sales),
        **{field("held", sales): f"operator:{carla.pk}"},
    )
    assert who_has(first) == (carla.pk, sales.pk)
    assert lines_of(first)[-1] == ("transferred", "rehome")
    agree(
        desk,
        change(operator),
        leaves(operator, sales, other),
        **{field("held", other): f"area:{support.pk}"},
    )
    assert who_has(second) == (None, support.pk)
    assert lines_of(second)[-2:] == [("entered_area", "rehome"), ("released", "left")]
    assert homeless() == []


def test_what_changed_meanwhile_is_asked_again(desk, sales, ana, carla):
    held(ana, sales)
    asked = desk.post(change(ana), leaves(ana, sales))
    more = [held(ana, sales) for _n in range(3)]
    answer = agree_to(
        desk,
        change(ana),
        asked,
        leaves(ana, sales),
        **{field("held", sales): "queue"},
    )
    assert "Open chats held: 3 more" in answer.context["changes"]
    assert Operator.objects.get(pk=ana.pk).is_active
    agree_to(
        desk,
        change(ana),
        answer,
        leaves(ana, sales),
        **{field("held", sales): "queue"},
    )
    assert [who_has(each)[0] for each in more] == [None] * 3


def test_the_last_one_of_an_area_leaves_nobody_alone_by_accident(
    desk, sales, support, ana, bruno
):
    mine, queued = held(ana, sales), waiting(sales)
    asked = desk.post(change(ana), leaves(ana, sales))
    assert (facts(asked)["deserted"], facts(asked)["waiting"]) == (1, 1)
    answer = agree_to(desk, change(ana), asked, leaves(ana, sales))
    assert set(answer.context["form"].errors) == {
        field("held", sales).removeprefix("answer-"),
        field("waiting", sales).removeprefix("answer-"),
    }
    assert Operator.objects.get(pk=ana.pk).is_active
    agree_to(
        desk,
        change(ana),
        answer,
        leaves(ana, sales),
        **{
            field("held", sales): f"operator:{bruno.pk}",
            field("waiting", sales): f"area:{support.pk}",
        },
    )
    assert who_has(mine) == (bruno.pk, sales.pk)
    assert who_has(queued) == (None, support.pk)
    assert homeless() == []


def test_without_a_home_by_choice_raises_no_alarm(desk, sales, ana):
    queued = waiting(sales)
    agree(desk, change(ana), leaves(ana, sales), **{field("waiting", sales): "stay"})
    assert homeless() == [queued]
    HomelessChat.objects.update(since=timezone.now() - timedelta(hours=1))
    watch_homes()
    assert HomelessChat.objects.get().alarmed_at is None


def test_the_target_of_somebody_who_left_meanwhile_is_refused(desk, sales, ana, carla):
    contact = held(ana, sales)
    asked = desk.post(change(ana), leaves(ana, sales))
    Operator.objects.filter(pk=carla.pk).update(is_active=False)
    make_operator(sales.manager, sales, name="Davi")
    answer = agree_to(
        desk,
        change(ana),
        asked,
        leaves(ana, sales),
        **{field("held", sales): f"operator:{carla.pk}"},
    )
    assert answer.context["form"].errors
    assert who_has(contact) == (ana.pk, sales.pk)


def test_an_area_is_taken_from_him_and_he_keeps_or_returns_what_he_holds(
    desk, sales, support, ana, carla
):
    kept = held(ana, sales)
    agree(desk, change(ana), stays(ana, support), **{field("held", sales): "stay"})
    assert who_has(kept) == (ana.pk, sales.pk)
    assert [area.pk for area in ana.areas.all()] == [support.pk]

    contact = held(carla, sales)
    queued = waiting(sales)
    agree(
        desk,
        change(carla),
        stays(carla),
        **{
            field("held", sales): "queue",
            field("waiting", sales): f"operator:{ana.pk}",
        },
    )
    assert who_has(contact) == (None, sales.pk)
    assert who_has(queued) == (ana.pk, sales.pk)
    assert lines_of(contact)[-1] == ("released", "rehome")


def test_an_area_that_nobody_needs_is_taken_without_a_question(desk, sales, ana, carla):
    assert desk.post(change(ana), stays(ana)).status_code == 302
    assert not ana.areas.exists()


def undo_path():
    change = Rehoming.objects.latest("pk")
    return f"/admin/chats/rehoming/{change.pk}/undo/"


def test_it_is_undone_but_for_what_has_moved_since(desk, sales, ana, carla):
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


def test_an_area_comes_back_with_what_moved(desk, sales, support, ana, bruno):
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


def test_after_ten_minutes_nothing_is_undone(desk, sales, ana, carla):
    contact = held(ana, sales)
    agree(desk, change(ana), leaves(ana, sales), **{field("held", sales): "queue"})
    Rehoming.objects.update(at=timezone.now() - timedelta(minutes=11))
    answer = desk.post(undo_path(), {}, follow=True)
    assert messages_of(answer) == ["It can no longer be undone."]
    assert who_has(contact) == (None, sales.pk)


def test_nobody_undoes_what_is_not_his(desk, office, other_manager):
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


def test_the_digest_of_one_page_is_none_of_another(desk, sales, ana, carla):
    contact = held(ana, sales)
    asked = desk.post(change(carla), leaves(carla, sales))
    answer = agree_to(
        desk, change(ana), asked, leaves(ana, sales), **{field("held", sales): "queue"}
    )
    assert "changes" in answer.context
    assert who_has(contact) == (ana.pk, sales.pk)


def test_a_user_who_leaves_takes_no_chats_with_him(office, sales, ana, carla):
    User.objects.filter(pk=ana.user_id).update(is_staff=True)
    contact = held(ana, sales)
    path = f"/admin/auth/user/{ana.user_id}/change/"
    form = {
        "username": ana.user.username,
        "new_password": "",
        "supervisions-TOTAL_FORMS": "0",
        "supervisions-INITIAL_FORMS": "0",
    }
    agree(office, path, form, **{field("held", sales): f"operator:{carla.pk}"})
    assert who_has(contact) == (carla.pk, sales.pk)
    assert not User.objects.get(pk=ana.user_id).is_active
    agree_to(office, undo_path(), office.get(undo_path()), {})
    assert User.objects.get(pk=ana.user_id).is_active
    assert who_has(contact) == (ana.pk, sales.pk)
