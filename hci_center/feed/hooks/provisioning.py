"""The webhooks of a provisioning file, each matched by the name of its API key.

A key may have access to several managers: its webhook may be in the list of each.
"""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from areas.provisioning.keys import keys_of, read_key
from areas.provisioning.lists import ItemList
from areas.provisioning.registry import Values
from areas.rules.hours import Problems
from hci_center.api.parsers import WrongValueError, parse_text
from hci_center.feed.frames import ADDITIONAL_KINDS, KINDS
from hci_center.feed.hooks import saving, signing, words
from hci_center.feed.hooks.target import WrongUrlError, check_url
from hci_center.feed.models import Hook
from managers.models import ApiKey, Manager

_FIELDS = frozenset({"key", "url", "secret", "kinds"})


class _Hooks:
    """The list `hooks`: `url` null deletes a webhook, `secret` null the old secret."""

    def read(
        self, manager: Manager, item: Any, place: str, problems: Problems
    ) -> Values | None:
        """Returns the given values of a webhook, or None if any is invalid."""
        if not isinstance(item, dict):
            problems[place] = [_("This must be an object.")]
            return None
        found: Problems = {
            f"{place}.{name}": [_("There is no such field.")]
            for name in map(str, item.keys() - _FIELDS)
        }
        key = read_key(manager, item.get("key"), f"{place}.key", found)
        given: Values = {"key": key}
        hook = hook_of(key) if key is not None else None
        for name, parse in (
            ("url", parse_url),
            ("secret", parse_secret),
            ("kinds", parse_kinds),
        ):
            if name not in item:
                if hook is None and name != "kinds" and key is not None:
                    found[f"{place}.{name}"] = [_("This field is required.")]
            elif item[name] is None:
                given[name] = None
                if hook is None and name == "secret" and item.get("url") is not None:
                    found[f"{place}.{name}"] = [_("This field is required.")]
            else:
                try:
                    given[name] = parse(item[name])
                except WrongValueError as error:
                    found[f"{place}.{name}"] = [str(error.sentence)]
        if item.get("url", "") is None:
            # A webhook that is deleted needs no other fields.
            found.pop(f"{place}.secret", None)
        problems.update(found)
        return None if found else given

    def name_of(self, columns: Values) -> str:
        return str(columns["key"].name)

    def save(self, manager: Manager, columns: Values) -> None:
        """Creates, changes or deletes the webhook of the key."""
        key, url = columns["key"], columns.get("url", "")
        hook = hook_of(key)
        if url is None:
            if hook is not None:
                hook.delete()
            return
        if hook is None:
            kinds = columns.get("kinds") or []
            saving.create_hook(key, url, columns["secret"], kinds)
            return
        _change(hook, columns)

    def printed(self, manager: Manager) -> list[Values]:
        """Returns the webhooks of the active keys with access to the manager."""
        rows = (
            Hook.objects.filter(key__in=keys_of(manager))
            .select_related("key")
            .order_by("pk")
        )
        return [
            {"key": hook.key.name, "url": hook.url}
            | ({"kinds": hook.kinds} if hook.kinds else {})
            for hook in rows.defer("secret", "old_secret")
        ]


HOOKS: ItemList = _Hooks()


def _change(hook: Hook, columns: Values) -> None:
    if hook.key_id != columns["key"].pk:
        saving.move_hook(hook, columns["key"])
    if columns.get("url", hook.url) != hook.url:
        saving.change_url(hook, columns["url"])
    if "kinds" in columns and (columns["kinds"] or []) != hook.kinds:
        saving.change_hook(hook, kinds=columns["kinds"] or [])
    if "secret" not in columns:
        return
    if columns["secret"] is not None:
        saving.renew_secret(hook, columns["secret"])
    elif hook.old_secret:
        saving.end_old_secret(hook)


def hook_of(key: ApiKey) -> Hook | None:
    """Returns the webhook of the key, or that of an ended key with its name.

    When a key is replaced by one of the same name, its webhook continues with the new
    one.
    """
    found = Hook.objects.filter(key=key).first()
    if found is not None:
        return found
    ended = Hook.objects.filter(key__name=key.name, key__revoked_at__isnull=False)
    return ended.order_by("-key__revoked_at").first()


def parse_url(value: Any) -> str:
    """Returns the address of a webhook. Raises WrongValueError."""
    text = parse_text(value, 10_000)
    try:
        check_url(text)
    except WrongUrlError as error:
        raise WrongValueError(words.URLS[str(error)]) from error
    return text


def parse_secret(value: Any) -> str:
    """Returns a secret of Standard Webhooks. Raises WrongValueError."""
    text = parse_text(value, 200)
    try:
        signing.parse_secret(text)
    except signing.WrongSecretError as error:
        raise WrongValueError(words.SECRET) from error
    return text


def parse_kinds(value: Any) -> list[str]:
    """Returns kinds of events, each once. Raises WrongValueError."""
    known = KINDS | ADDITIONAL_KINDS
    if not isinstance(value, list) or not all(
        isinstance(kind, str) and kind in known for kind in value
    ):
        raise WrongValueError(
            _("This must be a list of kinds: %s.") % ", ".join(sorted(known))
        )
    return sorted(set(value))
