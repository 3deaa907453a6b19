"""Creates and changes hooks, for the admin and the provisioning file."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Case, F, Value, When
from django.utils import timezone

from hci_center.feed.hooks import signing
from hci_center.feed.models import Hook
from managers.models import ApiKey

# How long the old secret signs along with the new one.
GRACE = timedelta(hours=24)


def create_hook(key: ApiKey, url: str, secret: str, kinds: list[str]) -> Hook:
    """Creates the key's hook, which receives changes from now on."""
    signing.parse_secret(secret)
    with connection.cursor() as cursor:
        cursor.execute("SELECT seq, epoch FROM change_head")
        seq, epoch = cursor.fetchone()
    return Hook.objects.create(
        key=key, url=url, secret=secret, kinds=kinds, cursor=seq, epoch=epoch
    )


def change_hook(hook: Hook, **columns: Any) -> None:
    """Changes columns of the hook; outcomes of POSTs in progress are discarded."""
    Hook.objects.filter(pk=hook.pk).update(**columns, fence=F("fence") + 1)
    hook.refresh_from_db()


def change_url(hook: Hook, url: str) -> None:
    """Changes the hook's URL, to be tried at once.

    This switches it on again if it was switched off after failures.
    """
    was_given_up = When(alarmed_at__isnull=False, then=Value(Hook.State.ON))
    state = Case(was_given_up, default=F("state"))
    change_hook(hook, url=url, state=state, alarmed_at=None, **_fresh())


def switch(hook: Hook, *, on: bool) -> None:
    """Switches the hook on, to be tried at once, or off; ends its alarm."""
    if on:
        change_hook(hook, state=Hook.State.ON, alarmed_at=None, **_fresh())
    else:
        change_hook(hook, state=Hook.State.OFF, alarmed_at=None)


def _fresh() -> dict[str, Any]:
    return {
        "failures": 0,
        "failing_since": None,
        "error": "",
        "next_at": timezone.now(),
    }


def renew_secret(hook: Hook, secret: str, *, at_once: bool = False) -> None:
    """Replaces the hook's secret; the old one also signs for GRACE.

    With `at_once` it does not, for example after a leak.
    """
    signing.parse_secret(secret)
    with transaction.atomic():
        locked = Hook.objects.select_for_update().get(pk=hook.pk)
        if locked.secret == secret:
            return
        change_hook(
            hook,
            secret=secret,
            old_secret="" if at_once else locked.secret,
            old_secret_until=None if at_once else timezone.now() + GRACE,
        )


def end_old_secret(hook: Hook) -> None:
    """Ends the old secret now."""
    change_hook(hook, old_secret="", old_secret_until=None)


def move_hook(hook: Hook, key: ApiKey) -> None:
    """Moves the hook to another key, whose rights may differ: it gets a reset."""
    change_hook(hook, key=key, epoch="")
