"""Outgoing webhooks in the back-office: for administrators; a secret is shown once."""

import re

import pytest
from django.contrib.admin.models import LogEntry
from django.utils import timezone

from hci_center.feed.hooks import saving, signing
from hci_center.feed.models import Hook
from managers import keys
from managers.models import ApiKey
from tests.admin.conftest import errors, messages_of
from tests.builders import make_key

LIST = "/admin/feed/hook/"
ADD = f"{LIST}add/"
SECRET = re.compile(r"whsec_[A-Za-z0-9+/=]{32,}")
URL = "https://example.com/hook"


@pytest.fixture
def key(manager):
    return ApiKey.objects.get(prefix=make_key(manager, name="n8n")[4:12])


@pytest.fixture
def hook(key):
    return saving.create_hook(key, URL, signing.new_secret(), [])


def change(hook):
    return f"{LIST}{hook.pk}/change/"


def act(office, hook, action):
    return office.post(LIST, {"action": action, "_selected_action": [hook.pk]})


def secrets_in(answer):
    return SECRET.findall(answer.content.decode().replace("&#x2B;", "+"))


def test_a_new_webhook_shows_its_secret_once(office, key):
    answer = office.post(ADD, {"key": key.pk, "url": URL, "kinds": ["note", "message"]})
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    [secret] = secrets_in(answer)
    hook = Hook.objects.get()
    assert (hook.key, hook.url, hook.secret) == (key, URL, secret)
    assert sorted(hook.kinds) == ["message", "note"]
    for page in (LIST, change(hook), f"{LIST}{hook.pk}/history/", "/admin/"):
        assert not secrets_in(office.get(page))
    entry = LogEntry.objects.get()
    assert secret not in entry.change_message + entry.object_repr
    assert secret not in str(office.cookies) + str(dict(office.session))


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("http://example.com/", "The address must begin with https://."),
        ("https://10.0.0.1/", "The address must be a public one of the internet."),
        ("https://a:b@example.com/", "This is no address for a webhook."),
        ("https://[::1/", "This is no address for a webhook."),
    ],
)
def test_a_forbidden_address_is_refused(office, key, url, sentence):
    answer = office.post(ADD, {"key": key.pk, "url": url})
    assert errors(answer) == {"url": [sentence]}
    assert not Hook.objects.exists()


def test_only_live_keys_without_a_webhook_are_offered(office, hook, manager):
    ended, free = make_key(manager, name="ended"), make_key(manager, name="free")
    keys.revoke_key("ended")
    page = office.get(ADD).content.decode()
    offered = re.findall(r'<option value="(\d+)"', page)
    wanted = ApiKey.objects.get(prefix=free[4:12])
    assert offered == [str(wanted.pk)]
    other = ApiKey.objects.get(prefix=ended[4:12])
    for refused in (hook.key, other):
        answer = office.post(ADD, {"key": refused.pk, "url": URL})
        assert set(errors(answer)) == {"key"}
    assert Hook.objects.count() == 1


def test_changing_address_and_kinds_keeps_the_rest(office, hook):
    Hook.objects.update(failures=4, error="http_500", failing_since=timezone.now())
    before = Hook.objects.get()
    form = {"url": "https://example.org/", "kinds": ["line"], "key": "1", "cursor": "0"}
    assert office.post(change(hook), form).status_code == 302
    after = Hook.objects.get()
    assert (after.url, after.kinds, after.failures) == (
        "https://example.org/",
        ["line"],
        0,
    )
    assert (after.key, after.secret, after.cursor) == (
        before.key,
        before.secret,
        before.cursor,
    )
    assert after.fence > before.fence


def test_a_renewed_secret_is_shown_once_and_the_old_one_can_be_ended(office, hook):
    old = hook.secret
    answer = act(office, hook, "renew_secrets")
    assert "no-store" in answer["Cache-Control"]
    [secret] = secrets_in(answer)
    hook = Hook.objects.get()
    assert (hook.secret, hook.old_secret) == (secret, old)
    assert hook.old_secret_until > timezone.now()
    answer = act(office, hook, "end_old_secrets")
    assert answer.status_code == 302
    hook = Hook.objects.get()
    assert (hook.secret, hook.old_secret) == (secret, "")
    assert not secrets_in(office.get(change(hook)))


def test_a_disabled_webhook_can_be_enabled_again(office, hook):
    now = timezone.now()
    Hook.objects.update(state="off", alarmed_at=now, error="http_410", failures=3)
    assert "off: answered 410" in office.get(LIST).content.decode()
    answer = act(office, hook, "switch_on")
    assert answer.status_code == 302
    hook = Hook.objects.get()
    assert (hook.state, hook.alarmed_at, hook.failures) == ("on", None, 0)
    assert messages_of(office.get(LIST)) == ["1 webhook was changed."]
    act(office, hook, "switch_off")
    assert Hook.objects.get().state == "off"
    assert LogEntry.objects.count() == 2


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        ({}, "on"),
        ({"state": "off"}, "off"),
        ({"failures": 1, "error": "timeout"}, "fails: no answer in time"),
        ({"failures": 1, "error": "unreachable"}, "fails: not reachable"),
        ({"failures": 1, "error": "http_302"}, "fails: answered 302"),
    ],
)
def test_the_state_is_described_in_words(office, hook, values, shown):
    Hook.objects.update(**values)
    for page in (LIST, change(hook)):
        tags = re.findall(r'bo-tag-\w+">([^<]+)<', office.get(page).content.decode())
        assert shown in tags


def test_a_webhook_of_an_ended_key_shows_that(office, hook):
    keys.revoke_key("n8n")
    assert "its key has ended" in office.get(LIST).content.decode()


def test_a_webhook_is_deleted(office, hook):
    assert office.post(f"{LIST}{hook.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not Hook.objects.exists()


def test_a_supervisor_has_no_access(desk, hook):
    for page in (LIST, ADD, change(hook), f"{LIST}{hook.pk}/delete/"):
        assert desk.get(page).status_code == 403
    for action in ("switch_off", "renew_secrets"):
        assert act(desk, hook, action).status_code == 403
    assert Hook.objects.get().state == "on"
    assert LIST not in desk.get("/admin/").content.decode()


def test_the_menu_of_administrators_has_webhooks(office):
    assert LIST in office.get("/admin/").content.decode()
