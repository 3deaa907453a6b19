"""Looks up the names of actors and reasons."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib.auth.models import User

from areas.models import ClosingReason, Operator, TransferReason
from managers.models import ApiKey


def names_of_credentials(credentials: Iterable[str]) -> dict[str, str]:
    """Returns names by credential ("user:12", "key:7"); others are omitted.

    A user who is an operator has the operator's name.
    """
    ids: dict[str, list[int]] = {"user": [], "key": []}
    for credential in credentials:
        kind, _, number = credential.partition(":")
        if kind in ids and number.isdecimal():
            ids[kind].append(int(number))
    names: dict[str, str] = {}
    if ids["user"]:
        for user in User.objects.filter(pk__in=ids["user"]):
            names[f"user:{user.pk}"] = user.get_full_name() or user.get_username()
        for pk, name in Operator.objects.filter(user__in=ids["user"]).values_list(
            "user_id", "name"
        ):
            names[f"user:{pk}"] = name
    if ids["key"]:
        for pk, name in ApiKey.objects.filter(pk__in=ids["key"]).values_list(
            "pk", "name"
        ):
            names[f"key:{pk}"] = name
    return names


def reason_names(manager_id: int) -> dict[str, str]:
    """Returns the names of the manager's transfer and closing reasons by code."""
    names = dict(
        TransferReason.objects.filter(manager=manager_id).values_list("code", "name")
    )
    closing = ClosingReason.objects.filter(manager=manager_id)
    return names | dict(closing.order_by("-area_id").values_list("code", "name"))
