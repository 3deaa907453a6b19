"""Clients that cannot set headers: a key in the path, or an address without a key."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
from django.core.checks import run_checks
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.utils import timezone

from hci_center.api.senders import is_known_sender
from managers import authentication, keys
from managers.checks import check_exposed_keys
from managers.models import ApiKey
from managers.networks import WrongNetworkError, parse_networks
from tests.builders import make_key, make_manager
from tests.conftest import Api
from tests.contract.calls import CALLS
from tests.contract.conftest import ask, centre
from tests.logs.capturing import captured
from tests.managers.test_keys import NOBODY, sent_with

__all__ = ["centre"]

HERE = "127.0.0.0/8"


def from_path(key, address="127.0.0.1", **environ):
    client = Api()
    client.client.defaults |= {"REMOTE_ADDR": address, **environ}
    return client.get(f"/k/{key}/api/user/")


def from_address(address="10.1.2.3", **environ):
    client = Api()
    client.client.defaults |= {"REMOTE_ADDR": address, **environ}
    return client


def path_key(*managers, **over):
    return make_key(*managers, in_path=True, networks=[HERE], **over)


def bind(*managers, networks=("10.1.2.0/24",), name="controller", **over):
    return keys.bind_address(name, networks, managers=managers or None, **over)


# In the path ---------------------------------------------------------------------


def test_a_key_in_the_path_authenticates(manager, other_manager):
    answer = from_path(path_key(manager))
    assert [each["name"] for each in answer.json()["data"]] == ["Padaria Estrela"]
    assert answer["Referrer-Policy"] == "no-referrer"


def test_a_key_not_allowed_in_the_path_is_refused_only_there(manager):
    key = make_key(manager)
    assert from_path(key).json() == NOBODY
    assert Api(key).get("/api/user/").status_code == 200
    elsewhere = make_key(manager, in_path=True, networks=["192.0.2.0/24"])
    assert from_path(elsewhere).json() == NOBODY
    assert Api(elsewhere).get("/api/user/").json() == NOBODY


def test_a_key_in_the_path_needs_tls_except_locally(manager, settings):
    key = make_key(manager, in_path=True, networks=["192.0.2.0/24", HERE])
    assert from_path(key, "192.0.2.7").json() == NOBODY
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    secure = {"HTTP_X_FORWARDED_PROTO": "https"}
    assert from_path(key, "192.0.2.7", **secure).status_code == 200
    settings.TRUSTED_PROXIES = ["127.0.0.1"]
    forwarded = {"HTTP_X_FORWARDED_FOR": "192.0.2.7"}
    assert from_path(key, **forwarded).json() == NOBODY
    assert from_path(key, **forwarded, **secure).status_code == 200


def test_the_key_in_the_path_takes_precedence(manager, supervisor):
    client = Api(make_key(manager))
    assert client.get("/k/hci_wrong/api/user/").json() == NOBODY
    client.client.force_login(supervisor)
    assert client.get("/k//api/user/").json() == NOBODY


def test_a_revoked_or_throttled_key_is_refused_in_the_path(manager):
    key = path_key(manager, name="bot", per_minute=1)
    assert [from_path(key).status_code for _ in range(2)] == [200, 429]
    keys.revoke_key("bot")
    authentication.forget_cached_keys()
    assert from_path(key).json() == NOBODY


@pytest.mark.django_db(transaction=True)
def test_no_log_line_or_response_contains_the_key(manager, monkeypatch):
    known, unknown = path_key(manager), "hci_0a1b2c3d_short"
    paths = ["api/user/", "api/nowhere", "admin/", "", "webhooks/x", "api/area/99999"]
    with captured() as log:
        answers = [
            Api().get(f"/k/{key}/{path}").content.decode()
            for key in (known, unknown)
            for path in paths
        ]
        monkeypatch.setattr("managers.authentication._load", lambda key: 1 / 0)
        authentication.forget_cached_keys()
        answers.append(from_path(known).content.decode())
    for text in (log.text, *answers):
        assert known[13:] not in text
        assert "short" not in text
    assert "ZeroDivisionError" in log.text


def test_other_paths_after_the_key_are_not_found(manager):
    assert Api().get(f"/k/{path_key(manager)}/admin/").status_code == 404
    assert Api().get("/k/").status_code == 404


# By address ----------------------------------------------------------------------


def test_a_call_from_the_address_is_the_integrations(manager, other_manager):
    bind(manager)
    [shape] = from_address().get("/api/user/").json()["data"]
    assert (shape["name"], shape["facebookToken"]) == ("Padaria Estrela", "")
    assert from_address("10.1.3.1").get("/api/user/").json() == NOBODY
    key = make_key(other_manager)
    [shape] = (
        from_address().get("/api/user/", headers={"X-Api-Key": key}).json()["data"]
    )
    assert shape["name"] == "Oficina Lua"
    wrong = {"X-Api-Key": "hci_wrong"}
    assert from_address().get("/api/user/", headers=wrong).json() == NOBODY


@pytest.mark.parametrize(
    "header", ["HTTP_ORIGIN", "HTTP_COOKIE", "HTTP_REFERER", "HTTP_SEC_FETCH_SITE"]
)
def test_a_browser_is_never_authenticated_by_address(manager, header):
    bind(manager)
    assert from_address(**{header: "x"}).post("/api/user/", {}).json() == NOBODY


def test_a_claimed_address_does_not_authenticate(manager, settings):
    bind(manager, networks=["10.1.2.0/24", "127.0.0.0/8"])
    claims = from_address("8.8.8.8", HTTP_X_FORWARDED_FOR="10.1.2.3")
    assert claims.get("/api/user/").json() == NOBODY
    for header in ("X_FORWARDED_FOR", "FORWARDED", "X_REAL_IP", "VIA"):
        unlisted = from_address("127.0.0.1", **{f"HTTP_{header}": "10.1.2.3"})
        assert unlisted.get("/api/user/").json() == NOBODY
    settings.PUBLIC_URL = "https://centre.example"
    assert from_address("127.0.0.1").get("/api/user/").json() == NOBODY
    settings.TRUSTED_PROXIES = ["127.0.0.1"]
    assert from_address("127.0.0.1").get("/api/user/").json() == NOBODY
    forwarded = from_address("127.0.0.1", HTTP_X_FORWARDED_FOR="10.1.2.3")
    assert forwarded.get("/api/user/").status_code == 200
    forged = from_address("127.0.0.1", HTTP_X_FORWARDED_FOR="10.1.2.3, 8.8.8.8")
    assert forged.get("/api/user/").json() == NOBODY


def test_an_integration_by_address_cannot_delete_or_read_tokens(manager, contact):
    bind(manager)
    number = {"number": manager.number, "contactNumber": int(contact.external_id)}
    answer = from_address().delete("/api/user/contact/", number)
    assert answer.json()["error"]["code"] == "forbidden"
    row = ApiKey.objects.get()
    for column in ("secrets", "in_path"):
        with pytest.raises(IntegrityError), transaction.atomic():
            ApiKey.objects.filter(pk=row.pk).update(**{column: True})
    with pytest.raises(IntegrityError), transaction.atomic():
        ApiKey.objects.filter(pk=row.pk).update(networks="")


def test_an_integration_by_address_ends_and_is_throttled_like_a_key(manager):
    bind(manager, per_minute=1)
    calls = [from_address().get("/api/user/").status_code for _ in range(2)]
    assert calls == [200, 429]
    keys.revoke_key("controller")
    authentication.forget_cached_keys()
    assert from_address().get("/api/user/").json() == NOBODY
    bind(manager, name="late", expires_at=timezone.now() - timedelta(seconds=1))
    authentication.forget_cached_keys()
    assert from_address().get("/api/user/").json() == NOBODY


def test_its_use_is_recorded_and_other_callers_need_no_query(
    manager, django_assert_num_queries
):
    bind(manager)
    from_address().get("/api/user/")
    assert ApiKey.objects.get().last_used_at is not None
    stranger = from_address("8.8.8.8")
    with django_assert_num_queries(0):
        stranger.get("/api/user/")


def test_an_address_cannot_identify_two_integrations(manager):
    bind(manager)
    with pytest.raises(keys.AddressTakenError, match="controller"):
        bind(manager, networks=["10.1.2.77"], name="second")
    keys.revoke_key("controller")
    bind(manager, networks=["10.1.2.77"], name="second")


def test_it_cannot_be_replaced_by_a_key(manager):
    row = bind(manager)
    with pytest.raises(ApiKey.DoesNotExist):
        keys.rotate_key(row.pk, timezone.now())


@pytest.mark.django_db(transaction=True)
def test_its_large_bodies_are_read():
    bind(make_manager())
    assert is_known_sender(sent_with(REMOTE_ADDR="10.1.2.3"))
    assert not is_known_sender(sent_with(REMOTE_ADDR="10.9.9.9"))
    assert not is_known_sender(sent_with(REMOTE_ADDR="10.1.2.3", HTTP_ORIGIN="x"))


def test_both_have_only_the_permissions_of_a_key_in_a_header(centre, other_manager):
    """Every call, for its own company and for another."""
    for owner in (other_manager, centre.manager):
        key = make_key(owner, networks=[HERE], in_path=True, secrets=False)
        bound = bind(owner, networks=["10.1.2.0/24"], name=f"of {owner.pk}")
        for call in CALLS:
            body = call.body(centre)
            usual = ask(Api(key), call, body)
            assert ask(Api(), call, body, url=f"/k/{key}{call.url}") == usual
            by_address = ask(from_address(), call, body)
            if call.method == "DELETE":
                assert by_address[0] == 403
            else:
                assert by_address == usual
        keys.revoke_key(bound.name)
        authentication.forget_cached_keys()


# Created and shown


@pytest.mark.parametrize(
    "text", ["0.0.0.0/0", "::/0", "0.0.0.0/1", "10.1.2.3/8", "x", "10.0.0.0/7"]
)
def test_an_invalid_or_too_large_network_is_refused(text):
    with pytest.raises(WrongNetworkError):
        parse_networks(text)
    assert parse_networks("10.0.0.1, 10.0.0.0/8\n10.0.0.1") == (
        "10.0.0.1/32",
        "10.0.0.0/8",
    )


def create(*arguments):
    out = StringIO()
    call_command("create_api_key", *arguments, stdout=out)
    return out.getvalue().strip()


def test_the_command_creates_both(manager):
    key = create("old", "--in-path", "--network", HERE, "10.0.0.1")
    assert from_path(key).status_code == 200
    said = create("older", "--by-address", "--network", "10.1.2.3")
    assert "hci_" not in said
    assert from_address().get("/api/user/").status_code == 200
    for how in ("--in-path", "--by-address"):
        with pytest.raises(CommandError, match="--network"):
            create("x", how)
    with pytest.raises(CommandError, match="older is already recognised"):
        create("x", "--by-address", "--network", "10.1.2.0/24")


def test_the_deployment_check_reports_existing_ones(manager):
    assert check_exposed_keys() == []
    path_key(manager, name="in-path")
    bind(manager)
    first, second = check_exposed_keys()
    assert (first.id, second.id) == ("managers.W001", "managers.W002")
    assert "controller" in first.msg
    assert "in-path" in second.msg
    found = run_checks(include_deployment_checks=True)
    assert all(each in found for each in (first, second))
    assert first not in run_checks()
