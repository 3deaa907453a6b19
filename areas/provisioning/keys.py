"""The API keys of a provisioning file, by name: limits and networks of active ones.

A file creates no keys: a key is shown once, to the user who creates it. A key with
access to several managers may be in the list of each.
"""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from areas.provisioning.lists import ItemList
from areas.provisioning.registry import Values
from areas.rules.hours import Problems
from hci_center.api.parsers import WrongValueError, parse_integer, parse_text
from managers.keys import MOST_CALLS, AddressTakenError, refuse_taken_addresses
from managers.models import ApiKey, Manager
from managers.networks import WrongNetworkError, parse_networks

_FIELDS = frozenset({"name", "perMinute", "networks"})


class _Keys:
    """The list `apiKeys`: absent values are unchanged, `perMinute` null: no limit."""

    def read(
        self, manager: Manager, item: Any, place: str, problems: Problems
    ) -> Values | None:
        if not isinstance(item, dict):
            problems[place] = [_("This must be an object.")]
            return None
        found: Problems = {
            f"{place}.{name}": [_("There is no such field.")]
            for name in map(str, item.keys() - _FIELDS)
        }
        key = read_key(manager, item.get("name"), f"{place}.name", found)
        given: Values = {"key": key}
        if "perMinute" in item:
            try:
                given["per_minute"] = _limit(item["perMinute"])
            except WrongValueError as error:
                found[f"{place}.perMinute"] = [str(error.sentence)]
        if "networks" in item and key is not None:
            try:
                given["networks"] = _networks(key, item["networks"])
            except WrongValueError as error:
                found[f"{place}.networks"] = [str(error.sentence)]
        problems.update(found)
        return None if found else given

    def name_of(self, columns: Values) -> str:
        return str(columns["key"].name)

    def save(self, manager: Manager, columns: Values) -> None:
        key = columns.pop("key")
        changed = {
            name: value
            for name, value in columns.items()
            if getattr(key, name) != value
        }
        if changed:
            ApiKey.objects.filter(pk=key.pk).update(**changed)

    def printed(self, manager: Manager) -> list[Values]:
        """Returns the active keys that have a limit or networks."""
        bound = ~Q(networks="") | Q(per_minute__isnull=False)
        return [
            {"name": key.name, "perMinute": key.per_minute}
            | ({"networks": key.networks.split()} if key.networks else {})
            for key in keys_of(manager).filter(bound).order_by("pk")
        ]


KEYS: ItemList = _Keys()


def keys_of(manager: Manager) -> QuerySet[ApiKey]:
    """Returns the active keys with access to the manager."""
    chosen = ApiKey.managers.through._default_manager.filter(manager=manager)
    reaching = Q(all_managers=True) | Q(pk__in=chosen.values("apikey"))
    return ApiKey.objects.live().filter(reaching)


def read_key(
    manager: Manager, value: Any, place: str, problems: Problems
) -> ApiKey | None:
    """Returns the active key of that name for the manager, or adds an error."""
    try:
        name = parse_text(value, 200)
    except WrongValueError as error:
        problems[place] = [str(error.sentence)]
        return None
    key = keys_of(manager).filter(name=name).first()
    if key is None:
        problems[place] = [_("No live API key of this name reaches the manager.")]
    return key


def _limit(value: Any) -> int | None:
    return None if value is None else parse_integer(value, least=1, most=MOST_CALLS)


def _networks(key: ApiKey, value: Any) -> str:
    """Returns the column; raises WrongValueError."""
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise WrongValueError(_("This must be a list of networks."))
    try:
        networks = parse_networks("\n".join(value))
        if key.by_address:
            refuse_taken_addresses(networks, but=key.pk)
    except WrongNetworkError as error:
        raise WrongValueError(str(error)) from error
    except AddressTakenError as error:
        raise WrongValueError(
            _("“%s” is already recognised by such an address.") % error
        ) from error
    if key.is_exposed and not networks:
        raise WrongValueError(_("Such a key needs the networks that it is used from."))
    return "\n".join(networks)
