"""Webhooks in a provisioning file, by the names of their keys."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from hci_center.feed.models import Hook
from managers import keys
from managers.models import Manager
from tests.areas.conftest import MINIMAL, provision
from tests.areas.provisioning.test_people import refusal
from tests.feed.hooks.conftest import OTHER_SECRET, SECRET

__all__ = ["provision"]  # a fixture

URL, OTHER_URL = "https://example.com/hook", "https://example.org/hook"


@pytest.fixture
def bakery(provision: Any) -> Manager:
    provision(MINIMAL)
    return Manager.objects.get()


@pytest.fixture
def hooked(provision: Any, bakery: Manager) -> Any:
    """Returns a function that provisions hooks and returns what is printed of them."""
    keys.create_key("n8n", managers=[bakery])

    def give(*hooks: Any) -> Any:
        return provision({**MINIMAL, "hooks": list(hooks)})["managers"][0].get("hooks")

    return give


def test_a_hook_is_created_and_printed_without_its_secret(hooked: Any) -> None:
    given = {"key": "n8n", "url": URL, "secret": SECRET}
    assert hooked(given) == [{"key": "n8n", "url": URL}]
    hook = Hook.objects.get()
    assert (hook.key.name, hook.url, hook.secret) == ("n8n", URL, SECRET)
    before = Hook.objects.values().get()
    # Neither the same file nor what was printed changes anything.
    hooked(given)
    hooked({"key": "n8n", "url": URL})
    assert hooked() == [{"key": "n8n", "url": URL}]
    assert Hook.objects.values().get() == before


def test_a_new_secret_signs_along_with_the_old_one_until_null_ends_that(
    hooked: Any,
) -> None:
    hooked({"key": "n8n", "url": URL, "secret": SECRET})
    hooked({"key": "n8n", "url": OTHER_URL, "secret": OTHER_SECRET})
    hook = Hook.objects.get()
    assert (hook.url, hook.secret, hook.old_secret) == (OTHER_URL, OTHER_SECRET, SECRET)
    assert hook.old_secret_until is not None
    assert hook.old_secret_until > timezone.now()
    hooked({"key": "n8n", "secret": None})
    hook = Hook.objects.get()
    assert (hook.secret, hook.old_secret, hook.old_secret_until) == (
        OTHER_SECRET,
        "",
        None,
    )


def test_null_as_the_address_ends_the_hook(hooked: Any) -> None:
    hooked({"key": "n8n", "url": URL, "secret": SECRET})
    for _ in range(2):
        assert hooked({"key": "n8n", "url": None}) is None
        assert not Hook.objects.exists()


def test_kinds_can_be_chosen_and_null_means_the_default_ones(hooked: Any) -> None:
    given = {"key": "n8n", "url": URL, "secret": SECRET, "kinds": ["note", "line"]}
    assert hooked(given) == [{"key": "n8n", "url": URL, "kinds": ["line", "note"]}]
    assert hooked({"key": "n8n", "kinds": None}) == [{"key": "n8n", "url": URL}]
    assert Hook.objects.get().kinds == []


def test_a_renewed_key_keeps_its_hook_which_gets_a_reset(
    hooked: Any, bakery: Manager
) -> None:
    hooked({"key": "n8n", "url": URL, "secret": SECRET})
    keys.revoke_key("n8n")
    keys.create_key("n8n", managers=[bakery])
    assert hooked({"key": "n8n"}) == [{"key": "n8n", "url": URL}]
    hook = Hook.objects.get()
    assert hook.key.revoked_at is None
    assert hook.epoch == ""


def test_a_hook_of_all_managers_is_printed_for_each(
    provision: Any, bakery: Manager
) -> None:
    keys.create_key("everything")
    other = {"name": "Outra", "number": 2}
    given = {"key": "everything", "url": URL, "secret": SECRET}
    printed = provision({**MINIMAL, "hooks": [given]}, other)["managers"]
    assert [shape["hooks"] for shape in printed] == [
        [{"key": "everything", "url": URL}]
    ] * 2


@pytest.mark.parametrize(
    ("hook", "place"),
    [
        ({"key": "nobody", "url": URL, "secret": SECRET}, "key"),
        ({"key": "elsewhere", "url": URL, "secret": SECRET}, "key"),
        ({"key": "ended", "url": URL, "secret": SECRET}, "key"),
        ({"key": None, "url": URL, "secret": SECRET}, "key"),
        ({"url": URL, "secret": SECRET}, "key"),
        ({"key": "n8n", "secret": SECRET}, "url"),
        ({"key": "n8n", "url": "", "secret": SECRET}, "url"),
        ({"key": "n8n", "url": "http://example.com/", "secret": SECRET}, "url"),
        ({"key": "n8n", "url": "https://10.0.0.1/", "secret": SECRET}, "url"),
        ({"key": "n8n", "url": 1, "secret": SECRET}, "url"),
        ({"key": "n8n", "url": URL}, "secret"),
        ({"key": "n8n", "url": URL, "secret": None}, "secret"),
        ({"key": "n8n", "url": URL, "secret": ""}, "secret"),
        ({"key": "n8n", "url": URL, "secret": "whsec_short"}, "secret"),
        ({"key": "n8n", "url": URL, "secret": SECRET, "kinds": ["all"]}, "kinds"),
        ({"key": "n8n", "url": URL, "secret": SECRET, "kinds": "note"}, "kinds"),
        ({"key": "n8n", "url": URL, "secret": SECRET, "state": "on"}, "state"),
    ],
)
def test_errors_name_the_place_and_nothing_is_saved(
    provision: Any,
    hooked: Any,
    other_manager: Manager,
    hook: dict[str, Any],
    place: str,
) -> None:
    keys.create_key("elsewhere", managers=[other_manager])
    keys.create_key("ended", expires_at=timezone.now())
    [said] = refusal(provision, {**MINIMAL, "hooks": [hook]})
    assert said.startswith(f"managers[0].hooks[0].{place}: ")
    assert not Hook.objects.exists()


def test_a_key_may_be_given_only_once(provision: Any, hooked: Any) -> None:
    one = {"key": "n8n", "url": URL, "secret": SECRET}
    [said] = refusal(provision, {**MINIMAL, "hooks": [one, one]})
    assert said == "managers[0].hooks: n8n is there twice."
