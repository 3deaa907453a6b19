"""The wall: live figures with names and links, and its permissions."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from areas.models import Area, Operator
from chats.conversations.audit import Actor
from chats.conversations.lifecycle import open_chat
from chats.models import Clock
from hci_center.reports.models import Check, Run
from managers.models import Manager
from tests.admin.conftest import sign_in_to_admin
from tests.builders import (
    make_area,
    make_chat,
    make_contact,
    make_manager,
    make_operator,
    make_supervisor,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(manager):
    return sign_in_to_admin(make_supervisor(manager))


@pytest.fixture
def office(db):
    return sign_in_to_admin(
        User.objects.create_superuser("chefe", password="secret-password")
    )


def panel(client):
    return client.get("/admin/live/").context["panel"]


def tiles(client):
    return {tile.name: tile for tile in panel(client).tiles}


def opened(manager, minutes, **more):
    at = timezone.now() - timedelta(minutes=minutes)
    return make_chat(make_contact(manager, **more), opened_at=at)


def test_numbers_link_to_their_chats(desk, manager):
    area = make_area(manager, "vendas", name="Vendas")
    ana = make_operator(manager, area)
    waiting = opened(manager, 3, area=area)
    owed = opened(manager, 9, area=area, operator=ana, waiting_since=timezone.now())
    # Without an area, of a manager who had areas when it was opened: it is with a bot.
    Area.objects.update(created_at=timezone.now() - timedelta(days=1))
    outside = opened(manager, 5)
    shown = tiles(desk)
    for name, chat in (("waiting", waiting), ("owed", owed), ("with_bot", outside)):
        assert shown[name].n == 1
        listed = desk.get(shown[name].link).context["cl"].result_list
        assert [each.pk for each in listed] == [chat.pk]
    row = panel(desk).areas[-1]
    assert (row.name, row.tiles[0].n) == ("Vendas", 1)
    assert [c.pk for c in desk.get(row.tiles[0].link).context["cl"].result_list] == [
        waiting.pk
    ]


def test_an_area_with_waiting_customers_and_nobody_online_is_marked(desk, manager):
    area = make_area(manager, "vendas", name="Vendas")
    make_area(manager, "suporte", name="Suporte")
    opened(manager, 3, area=area)
    assert [(row.name, row.is_alone) for row in panel(desk).areas] == [
        ("Suporte", False),
        ("Vendas", True),
    ]
    assert "nobody online" in desk.get("/admin/live/").content.decode()


def test_the_longest_waits_come_first_with_their_names(desk, manager):
    area = make_area(manager, "vendas", name="Vendas")
    opened(manager, 3, area=area, name="Late")
    first = opened(manager, 30, area=area, name="<b>First</b>")
    waits = panel(desk).longest
    assert [wait.name for wait in waits] == ["<b>First</b>", "Late"]
    page = desk.get(waits[0].link)
    assert page.context["original"].pk == first.pk
    assert "<b>First" not in desk.get("/admin/live/").content.decode()


def test_targets_at_risk_and_missed_are_counted(desk, manager):
    now, hour = timezone.now(), timedelta(hours=1)
    area = make_area(manager, "vendas")
    for risk_at, due_at in (
        (now - hour, now + hour),
        (now - hour, now - hour),
        (now + hour, now + hour),
        (None, None),
    ):
        Clock.objects.create(
            chat=opened(manager, 70, area=area),
            kind="reply",
            target=1,
            started_at=now - 2 * hour,
            risk_at=risk_at,
            due_at=due_at,
        )
    shown = tiles(desk)
    assert (shown["at_risk"].n, shown["breached"].n) == (1, 1)
    assert shown["breached"].is_warning


def test_the_findings_of_the_latest_night_are_counted(desk, manager, office):
    other = make_manager(number=5511400033333)
    assert (tiles(desk)["checks"].n, tiles(desk)["checks"].is_warning) == (0, False)
    now = timezone.now()
    for day, nights in ((now - timedelta(days=1), 1), (now, 2)):
        Run.objects.create(day=day.date(), began_at=day)
        for owner in [manager.pk] * nights + [other.pk, None]:
            Check.objects.create(check_code="M3", manager_id=owner, at=day)
    shown = tiles(desk)["checks"]
    assert (shown.n, shown.is_warning) == (2, True)
    assert "Whether or since when" in desk.get(shown.link).content.decode()
    assert tiles(office)["checks"].n == 4


def test_operators_are_named_with_what_they_hold(desk, manager):
    ana = make_operator(manager, name="Ana")
    opened(manager, 5, operator=ana)
    [row] = panel(desk).operators
    assert (row.name, row.presence, row.held) == ("Ana", "offline", 1)
    assert desk.get(row.link).context["original"] == ana


def test_the_number_of_queries_is_constant(
    desk, manager, django_assert_max_num_queries
):
    for _ in range(12):
        area = make_area(manager)
        opened(manager, 5, area=area, operator=make_operator(manager, area))
        opened(manager, 5, area=area)
    with django_assert_max_num_queries(14):
        desk.get("/admin/live/")


def test_today_is_compared_with_the_days_before(desk, manager):
    make_area(manager, "vendas")
    open_chat(make_contact(manager), actor=Actor(""))
    page = desk.get("/admin/today/").content.decode()
    assert "1 chat opened" in page
    assert "same weekday, four weeks: –" in page  # noqa: RUF001
    assert "<svg" in page


def test_each_manager_has_its_own_today(manager):
    west, east = make_manager(name="Pago"), make_manager(name="Line")
    # A day apart, whatever the time is.
    for each, zone in ((west, "Pacific/Pago_Pago"), (east, "Pacific/Kiritimati")):
        Manager.objects.filter(pk=each.pk).update(time_zone=zone)
        open_chat(make_contact(each), actor=Actor(""))
    desk = sign_in_to_admin(make_supervisor(west, east))
    answer = desk.get("/admin/today/")
    found = [(today.names, today.opened) for today in answer.context["todays"]]
    assert found == [("Pago", 1), ("Line", 1)]
    assert answer.content.decode().count("1 chat opened") == 2


def test_only_its_page_may_connect_to_the_feed(desk):
    assert "connect-src 'self' ws://" in desk.get("/admin/")["Content-Security-Policy"]
    other = desk.get("/admin/chats/chat/")["Content-Security-Policy"]
    assert "ws://" not in other


def test_operators_and_anonymous_visitors_have_no_access(client, manager):
    opened(manager, 5, name="Somebody")
    for page in ("/admin/live/", "/admin/today/"):
        client.logout()
        assert client.get(page).status_code == 302
        client.force_login(make_operator(manager).user)
        assert client.get(page).status_code in (302, 403)


def test_a_supervisor_without_managers_sees_the_first_page(manager):
    nobody = make_supervisor()
    opened(manager, 5, name="Somebody")
    assert sign_in_to_admin(nobody).get("/admin/live/").status_code in (302, 403)


def test_companies_are_distinguished(manager):
    other = make_manager(name="Oficina Sul")
    for each in (manager, other):
        opened(each, 5, area=make_area(each, "vendas", name="Vendas"))
    desk = sign_in_to_admin(make_supervisor(manager, other))
    assert {row.manager for row in panel(desk).areas} == {manager.name, "Oficina Sul"}
    assert Operator.objects.count() == 0
