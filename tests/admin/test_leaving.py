"""Deactivating an operator or removing areas: no contact is left alone by accident."""

from datetime import timedelta

from django.contrib.auth.models import User
from django.utils import timezone

from areas.models import Operator
from chats.conversations.homes import watch_homes
from chats.models import ChatEvent, HomelessChat
from tests.admin.conftest import agree, agree_to, messages_of
from tests.admin.leaving import (
    change,
    facts,
    field,
    held,
    homeless,
    leaves,
    lines_of,
    stays,
    undo_path,
    waiting,
    who_has,
)
from tests.areas.test_presence import arrive
from tests.builders import make_area, make_operator


def test_nothing_changes_before_the_confirmation(desk, sales, ana, carla):
    contact = held(ana, sales, waiting_since=timezone.now() - timedelta(minutes=5))
    arrive(ana)
    asked = desk.post(change(ana), leaves(ana, sales))
    assert facts(asked) == {
        "held": 1,
        "owed": 1,
        "unserved_areas": 0,
        "unsent": 0,
        "sockets": 1,
    }
    assert "Carla · Offline · 0 open chats" in asked.content.decode()
    assert who_has(contact) == (ana.pk, sales.pk)
    assert Operator.objects.get(pk=ana.pk).is_active


def test_his_contacts_return_to_the_queue_by_default(
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


def test_his_contacts_can_go_to_a_colleague_or_another_area(
    desk, sales, support, ana, bruno, carla
):
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


def test_a_change_since_the_page_was_shown_needs_another_confirmation(
    desk, sales, ana, carla
):
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


def test_deactivating_the_last_operator_of_an_area_requires_a_choice(
    desk, sales, support, ana, bruno
):
    mine, queued = held(ana, sales), waiting(sales)
    asked = desk.post(change(ana), leaves(ana, sales))
    assert (facts(asked)["unserved_areas"], facts(asked)["waiting"]) == (1, 1)
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


def test_unassigned_by_choice_raises_no_alert(desk, sales, ana):
    queued = waiting(sales)
    agree(desk, change(ana), leaves(ana, sales), **{field("waiting", sales): "stay"})
    assert homeless() == [queued]
    HomelessChat.objects.update(since=timezone.now() - timedelta(hours=1))
    watch_homes()
    assert HomelessChat.objects.get().alarmed_at is None


def test_a_target_who_was_deactivated_meanwhile_is_refused(desk, sales, ana, carla):
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


def test_removing_an_area_keeps_or_returns_its_contacts(
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


def test_removing_an_area_without_contacts_needs_no_confirmation(
    desk, sales, ana, carla
):
    assert desk.post(change(ana), stays(ana)).status_code == 302
    assert not ana.areas.exists()


def test_the_digest_of_one_page_is_not_valid_for_another(desk, sales, ana, carla):
    contact = held(ana, sales)
    asked = desk.post(change(carla), leaves(carla, sales))
    answer = agree_to(
        desk, change(ana), asked, leaves(ana, sales), **{field("held", sales): "queue"}
    )
    assert "changes" in answer.context
    assert who_has(contact) == (ana.pk, sales.pk)


def test_deactivating_the_user_releases_the_operators_chats(office, sales, ana, carla):
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
