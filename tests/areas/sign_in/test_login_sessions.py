"""The list of login sessions, and ending them."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from areas.models import LoginSession
from areas.sign_in import login_sessions
from hci_center.audit.models import AuditLine
from tests.builders import make_key, make_supervisor
from tests.conftest import Api, signed_in

PAGE = "/admin/sessions/"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"


def sign_in_to_admin(user):
    client = Client(headers={"User-Agent": FIREFOX})
    client.force_login(user)
    return client


def row_of(client):
    return LoginSession.objects.get(session_key=client.cookies["sessionid"].value)


def test_a_user_sees_his_login_sessions(supervisor, ana):
    client, other = sign_in_to_admin(supervisor), sign_in_to_admin(supervisor)
    client.get("/admin/")
    login_sessions._noted.clear()
    other.get("/admin/")
    sign_in_to_admin(ana.user)
    page = client.get(PAGE)
    assert {session.username for session in page.context["sessions"]} == {
        supervisor.username
    }
    assert "Firefox, Linux" in page.content.decode()
    assert row_of(other).address == "127.0.0.1"


def test_ending_a_session_refuses_its_next_request(supervisor):
    client, other = sign_in_to_admin(supervisor), sign_in_to_admin(supervisor)
    client.post(PAGE, {"session": row_of(other).pk})
    assert other.get("/admin/").status_code == 302
    assert other.get("/api/user/").status_code == 401
    assert client.get("/admin/").status_code == 200
    [line] = AuditLine.objects.filter(act="session-ended")
    assert line.target == str(supervisor.pk)


def test_expired_sessions_are_deleted(supervisor, monkeypatch):
    monkeypatch.setattr(login_sessions, "EXPIRED_AT_ONCE", 1)
    old, older, client = (sign_in_to_admin(supervisor) for _ in range(3))
    for each, days in ((old, 1), (older, 2)):
        key = each.cookies["sessionid"].value
        Session.objects.filter(pk=key).update(
            expire_date=timezone.now() - timedelta(days=days)
        )
    assert login_sessions.delete_expired() == 1
    assert not Session.objects.filter(pk=older.cookies["sessionid"].value).exists()
    assert login_sessions.delete_expired() == 1
    assert login_sessions.delete_expired() == 0
    assert client.get("/admin/").status_code == 200


def test_a_supervisor_cannot_end_sessions_of_others(supervisor, manager):
    client, other = (
        sign_in_to_admin(supervisor),
        sign_in_to_admin(make_supervisor(manager)),
    )
    client.post(PAGE, {"session": row_of(other).pk})
    assert other.get("/admin/").status_code == 200


def test_an_administrator_can_end_sessions_of_operators(admin_user, ana):
    api = signed_in(ana.user)
    assert api.get("/api/user/").status_code == 200
    client = sign_in_to_admin(admin_user)
    page = client.get(PAGE, {"q": ana.user.username.upper()})
    [session] = page.context["sessions"]
    client.post(PAGE, {"session": session.id})
    assert api.get("/api/user/").status_code == 401
    assert not client.get(PAGE, {"q": ana.user.username}).context["sessions"]


def test_the_last_use_is_stored_once_a_minute(
    ana, django_assert_num_queries, monkeypatch
):
    api = signed_in(ana.user)
    started = LoginSession.objects.get().last_seen_at
    api.get("/api/session")
    assert LoginSession.objects.get().last_seen_at == started
    later = login_sessions.time.monotonic() + 61
    monkeypatch.setattr(login_sessions.time, "monotonic", lambda: later)
    api.get("/api/session")
    assert LoginSession.objects.get().last_seen_at >= started


@pytest.mark.django_db
@pytest.mark.parametrize("value", ["", "x", "-1", "9" * 30])
def test_a_wrong_id_ends_nothing(supervisor, value):
    assert (
        sign_in_to_admin(supervisor).post(PAGE, {"session": value}).status_code == 400
    )


@pytest.mark.parametrize(
    ("agent", "text"),
    [
        (FIREFOX, "Firefox, Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/142.0 Safari/537.36", "Chrome, Windows"),
        ("Mozilla/5.0 (iPhone; CPU) Version/18 Safari/604.1", "Safari, iPhone"),
        ("curl/8.0\r\n<script>", "curl/8.0<script>"),
        ("", ""),
    ],
)
def test_a_device_has_a_short_name(agent, text):
    assert login_sessions.device_text(agent) == text


# The call ------------------------------------------------------------------------

LIST = "/api/session/list"


def test_a_person_lists_and_ends_his_own_sessions_by_api(ana, bruno):
    api, other = signed_in(ana.user), signed_in(ana.user)
    stranger = signed_in(bruno.user)
    for each in (api, other, stranger):
        assert each.get("/api/session").status_code == 200
    rows = {row["id"]: row for row in api.get(LIST).json()["data"]}
    assert sorted(row["current"] for row in rows.values()) == [False, True]
    [ended] = [row["id"] for row in rows.values() if not row["current"]]
    assert rows[ended].keys() == {
        *("id", "device", "address", "startedAt", "lastSeenAt", "current")
    }
    [foreign] = [row["id"] for row in stranger.get(LIST).json()["data"]]
    for wrong in (foreign, "99999999"):
        answer = api.delete(LIST, {"id": wrong})
        assert answer.json()["error"]["code"] == "not_found"
    assert stranger.get("/api/session").status_code == 200
    assert api.delete(LIST, {"id": ended}).json() == {"success": True, "data": None}
    assert other.get("/api/session").status_code == 401
    assert [row["current"] for row in api.get(LIST).json()["data"]] == [True]
    for wrong in ({}, {"id": "x"}):
        assert api.delete(LIST, wrong).json()["error"]["code"] == "invalid"


def test_a_key_has_no_sessions(manager):
    api = Api(make_key(manager))
    assert api.get(LIST).status_code == api.delete(LIST, {"id": 1}).status_code == 403


def test_sessions_of_staff_end_sooner(supervisor, ana):
    ages = {supervisor: 8, ana.user: 12}
    for user, hours in ages.items():
        session = sign_in_to_admin(user).session
        assert session.get_expiry_age() == hours * 60 * 60
        left = Session.objects.get(pk=session.session_key).expire_date - timezone.now()
        assert abs(left - timedelta(hours=hours)) < timedelta(minutes=5)


def test_a_new_password_deletes_the_other_sessions(ana):
    signed_in(ana.user)
    ana.user.set_password("the-old-one-9")
    ana.user.save()
    assert not LoginSession.objects.exists()
    assert not Session.objects.exists()
    api, _other = signed_in(ana.user), signed_in(ana.user)
    change = {"password": "the-old-one-9", "newPassword": "a-better-one-9"}
    assert api.put("/api/session/password", change).status_code == 200
    [session] = api.get("/api/session/list").json()["data"]
    assert session["current"]
