"""API keys: created and ended in the back-office, shown once and never again."""

import re
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.utils import timezone

from managers import keys
from managers.authentication import forget_cached_keys
from managers.key_calls import KeyCalls
from managers.models import ApiKey
from tests.admin.conftest import agree_to, errors, messages_of
from tests.admin.test_impacts import counts
from tests.builders import make_key
from tests.conftest import Api

ADD = "/admin/managers/apikey/add/"
LIST = "/admin/managers/apikey/"
KEY = re.compile(r"hci_[0-9a-f]{8}_[A-Za-z0-9_\-]{43}")


def test_a_new_key_is_shown_once_and_works(office, manager):
    answer = office.post(
        ADD, {"name": "bot", "managers": [manager.pk], "secrets": "on"}
    )
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    page = answer.content.decode()
    (key,) = KEY.findall(page)
    assert f'<code id="made-key" class="bo-key">{key}</code>' in page
    assert "copy-text.js" in page
    made = ApiKey.objects.get()
    assert (made.name, made.secrets, made.all_managers) == ("bot", True, False)
    assert list(made.managers.all()) == [manager]
    found = Api(key).post("/api/user/", {"number": manager.number}).json()["data"]
    assert found["facebookToken"] == "token-of-the-page"

    entry = LogEntry.objects.get()
    assert key not in entry.change_message + entry.object_repr
    for page in (
        LIST,
        f"{LIST}{made.pk}/change/",
        f"{LIST}{made.pk}/history/",
        "/admin/",
    ):
        shown = office.get(page).content.decode()
        assert key not in shown
        assert made.digest not in shown
    assert key not in str(office.cookies) + str(dict(office.session))


def test_a_key_of_all_managers_with_a_limit_and_an_expiry(office, manager):
    office.post(
        ADD,
        {
            "name": "everything",
            "all_managers": "on",
            "per_minute": "60",
            "expires_at_0": "2030-01-31",
            "expires_at_1": "12:00:00",
        },
    )
    made = ApiKey.objects.get()
    assert (made.all_managers, made.secrets, made.per_minute) == (True, False, 60)
    assert timezone.localtime(made.expires_at).isoformat()[:16] == "2030-01-31T12:00"


@pytest.mark.parametrize(
    ("choice", "sentences"),
    [
        ({}, ["Choose managers, or all of them."]),
        (
            {"all_managers": "on", "managers": "own"},
            ["Choose some managers or all of them, not both."],
        ),
    ],
)
def test_managers_must_be_selected_or_all_be_chosen(office, manager, choice, sentences):
    if "managers" in choice:
        choice = choice | {"managers": [manager.pk]}
    answer = office.post(ADD, {"name": "bot"} | choice)
    assert errors(answer) == {"managers": sentences}
    assert not ApiKey.objects.exists()


def test_the_name_of_a_live_key_is_taken(office, manager):
    make_key(manager, name="bot")
    answer = office.post(ADD, {"name": "bot", "all_managers": "on"})
    assert list(errors(answer)) == ["name"]


def test_the_name_of_an_expired_key_can_be_used_again(office, manager):
    make_key(manager, name="bot", expires_at=timezone.now() - timedelta(days=1))
    office.post(ADD, {"name": "bot", "all_managers": "on"})
    assert ApiKey.objects.live().filter(name="bot", all_managers=True).exists()


def test_a_name_taken_concurrently_is_reported_in_a_sentence(
    office, manager, monkeypatch
):
    make_key(manager, name="bot")
    monkeypatch.setattr(
        "managers.admin.keys.KeyForm.clean_name", lambda form: form.data["name"]
    )
    monkeypatch.setattr(
        "managers.models.ApiKey.validate_constraints", lambda *a, **k: 0
    )
    answer = office.post(ADD, {"name": "bot", "all_managers": "on"}, follow=True)
    assert messages_of(answer) == [
        "Somebody changed the same thing at this moment. Nothing was saved."
    ]


def test_revoking_ends_only_the_selected_keys(office, manager):
    key, other = make_key(manager, name="bot"), make_key(manager, name="other")
    row = ApiKey.objects.get(name="bot")
    ApiKey.objects.filter(pk=row.pk).update(last_used_at=timezone.now())
    chosen = {"action": "revoke", "_selected_action": [row.pk]}
    asked = office.post(LIST, chosen)
    assert [fact.count for fact in asked.context["impact"].facts] == [1, 1]
    assert ApiKey.objects.live().count() == 2
    answer = agree_to(office, LIST, asked, chosen)
    assert messages_of(answer) == ["1 key was revoked."]
    forget_cached_keys()
    assert Api(key).get("/api/user/").status_code == 401
    assert Api(other).get("/api/user/").status_code == 200


def test_revoking_an_ended_key_keeps_the_live_one_of_the_same_name(office, manager):
    make_key(manager, name="bot")
    keys.revoke_key("bot")
    old = ApiKey.objects.get()
    key = make_key(manager, name="bot")
    answer = office.post(
        LIST, {"action": "revoke", "_selected_action": [old.pk]}, follow=True
    )
    assert messages_of(answer) == ["None of these keys is live."]
    forget_cached_keys()
    assert Api(key).get("/api/user/").status_code == 200


def test_a_key_is_replaced_with_days_of_overlap(office, manager):
    old = make_key(manager, name="bot")
    row = ApiKey.objects.get()
    path = f"/admin/managers/apikey/{row.pk}/rotate/"
    assert (
        path in office.get(f"/admin/managers/apikey/{row.pk}/change/").content.decode()
    )
    asked = office.get(path)
    assert counts(asked) == {"used": 0}
    answer = agree_to(office, path, asked, {}, **{"answer-days": "3"})
    (key,) = re.findall(r'<code id="made-key"[^>]*>([^<]+)<', answer.content.decode())
    forget_cached_keys()
    for each in (old, key):
        assert Api(each).get("/api/user/").status_code == 200
    row.refresh_from_db()
    assert row.name == f"bot ({row.prefix})"
    assert timedelta(days=2) < row.expires_at - timezone.now() < timedelta(days=3)
    new = ApiKey.objects.get(name="bot")
    assert (new.expires_at, list(new.managers.all())) == (None, [manager])


def test_an_ended_key_is_not_replaced(office, desk, manager):
    make_key(manager, name="bot")
    row = ApiKey.objects.get()
    path = f"/admin/managers/apikey/{row.pk}/rotate/"
    assert desk.post(path).status_code == 404
    keys.revoke_key("bot")
    assert office.get(path).status_code == 404
    with pytest.raises(ApiKey.DoesNotExist):
        keys.rotate_key(row.pk, timezone.now())


def test_only_the_limit_of_a_key_can_be_changed(office, manager, other_manager):
    make_key(manager, name="bot")
    row = ApiKey.objects.get()
    office.post(
        f"{LIST}{row.pk}/change/",
        {
            "per_minute": "30",
            "name": "renamed",
            "secrets": "",
            "managers": [other_manager.pk],
            "digest": "0" * 64,
        },
    )
    changed = ApiKey.objects.get()
    assert changed.per_minute == 30
    assert (changed.name, changed.secrets, changed.digest) == ("bot", True, row.digest)
    assert list(changed.managers.all()) == [manager]


def test_the_list_distinguishes_live_from_ended(office, manager):
    make_key(manager, name="live")
    make_key(manager, name="expired", expires_at=timezone.now() - timedelta(days=1))
    make_key(manager, name="revoked")
    keys.revoke_key("revoked")
    assert [
        k.name for k in office.get(LIST + "?state=live").context["cl"].result_list
    ] == ["live"]
    ended = office.get(LIST + "?state=ended").context["cl"].result_list
    assert {key.name for key in ended} == {"expired", "revoked"}


def test_a_digest_cannot_be_probed(office, manager):
    make_key(manager)
    assert office.get(LIST + "?digest__startswith=a").status_code == 400


def test_keys_are_not_deleted(office, manager):
    make_key(manager)
    row = ApiKey.objects.get()
    assert office.post(f"{LIST}{row.pk}/delete/").status_code == 403


# Without a header ----------------------------------------------------------------


def test_a_key_for_the_path_needs_networks_and_is_shown_in_red(office, manager):
    wanted = {"name": "old", "managers": [manager.pk], "in_path": "on"}
    assert errors(office.post(ADD, wanted)) == {
        "networks": ["Such a key needs the networks that it is used from."]
    }
    page = office.post(ADD, wanted | {"networks": "127.0.0.1"}).content.decode()
    (key,) = KEY.findall(page)
    assert Api().get(f"/k/{key}/api/user/").status_code == 200
    made = ApiKey.objects.get()
    shown = office.get(f"{LIST}{made.pk}/change/").content.decode()
    assert "bo-alarm" in shown
    assert "programs and proxies write to their logs" in shown
    assert "in the path" in office.get(f"{LIST}?access=in_path").content.decode()
    office.post(f"{LIST}{made.pk}/change/", {"networks": "10.0.0.0/8"})
    forget_cached_keys()
    assert Api().get(f"/k/{key}/api/user/").status_code == 401


def test_an_integration_by_address_has_no_key(office, manager):
    wanted = {"name": "older", "managers": [manager.pk], "by_address": "on"}
    wrong = office.post(ADD, wanted | {"networks": "0.0.0.0/0", "secrets": "on"})
    assert errors(wrong) == {
        "networks": ["0.0.0.0/0 is too wide: it would let in nearly all."],
        "secrets": ["Not without a key."],
    }
    answer = office.post(ADD, wanted | {"networks": "127.0.0.1"})
    assert answer.status_code == 302
    made = ApiKey.objects.get()
    assert (made.by_address, made.digest, made.networks) == (True, "", "127.0.0.1/32")
    assert Api().get("/api/user/").status_code == 200
    shown = office.get(f"{LIST}{made.pk}/change/").content.decode()
    assert "It has no secret" in shown
    assert "Replace it by a new key" not in shown
    assert office.get(f"{LIST}{made.pk}/rotate/").status_code == 404
    again = office.post(ADD, wanted | {"name": "third", "networks": "127.0.0.1"})
    taken = "“older” is already recognised by such an address."
    assert errors(again) == {"networks": [taken]}


def test_an_ordinary_key_has_no_warning(office, manager):
    make_key(manager)
    calls = KeyCalls()
    calls.count(f"key:{ApiKey.objects.get().pk}")
    calls.count(f"key:{ApiKey.objects.get().pk}")
    calls.write()
    shown = office.get(f"{LIST}{ApiKey.objects.get().pk}/change/").content.decode()
    assert "bo-alarm" not in shown
    assert re.search(r"Calls today.*?>\s*2\s*<", shown, re.DOTALL)


def test_the_help_of_a_key_in_the_path_shows_its_place(office):
    assert "/k/&lt;key&gt;/api/" in office.get(ADD).content.decode()


@pytest.mark.parametrize("calls", ["0", "1000001"])
def test_a_limit_is_from_one_to_a_million_calls(office, calls):
    answer = office.post(
        ADD, {"name": "bot", "all_managers": "on", "per_minute": calls}
    )
    assert errors(answer) == {
        "per_minute": ["Calls a minute are a number from 1 to 1000000."]
    }
    assert not ApiKey.objects.exists()


@pytest.mark.parametrize("value", ["2x", "\x00", "9" * 30, "-1"])
@pytest.mark.parametrize(
    ("page", "name"),
    [
        ("managers/apikey", "managers"),
        ("areas/area", "manager"),
        ("areas/operator", "manager"),
        ("auth/user", "supervisions-0-manager"),
    ],
)
def test_a_choice_that_is_no_id_is_an_error_of_its_field(office, page, name, value):
    inline = {"supervisions-TOTAL_FORMS": "1", "supervisions-INITIAL_FORMS": "0"}
    answer = office.post(f"/admin/{page}/add/", {**inline, name: value})
    assert answer.status_code == 200
    assert "errorlist" in answer.content.decode()
