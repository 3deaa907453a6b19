"""The sections of areas in a provisioning file: rules, reasons, limits of API keys."""

from __future__ import annotations

from functools import partial

from django.conf import settings

from areas.models import Operator
from areas.models.policies import MOST_CHATS
from areas.provisioning.fields import AsGiven, Parsed
from areas.provisioning.keys import KEYS
from areas.provisioning.lists import LISTS, list_section
from areas.provisioning.registry import Section, Values, register
from areas.provisioning.rules import (
    apply_rules,
    parse_state,
    parse_time_zone,
    print_rules,
)
from hci_center.api.parsers import parse_integer
from managers.models import Manager


def _apply(manager: Manager, given: Values, location: str) -> None:
    columns: Values = {}
    if "timeZone" in given:
        columns["time_zone"] = given["timeZone"] or settings.TIME_ZONE
    if "uf" in given:
        columns["uf"] = given["uf"] or ""
    if columns:
        for name, value in columns.items():
            setattr(manager, name, value)
        manager.save(update_fields=list(columns))
    for operator in given.get("operators", []):
        if "cap" in operator:
            people = Operator.objects.filter(user__username=operator["username"])
            people.update(cap=operator["cap"])
    policies = {
        area["code"]: (f"{location}.areas[{n}]", area["policy"])
        for n, area in enumerate(given.get("areas", []))
        if "policy" in area
    }
    apply_rules(manager, given, policies, location)


def _show(manager: Manager, shape: Values) -> None:
    shape.update(print_rules(manager, shape["areas"]))
    limited = Operator.objects.filter(manager=manager, cap__isnull=False)
    caps = {str(pk): cap for pk, cap in limited.values_list("pk", "cap")}
    for operator in shape["operators"]:
        if operator["id"] in caps:
            operator["cap"] = caps[operator["id"]]


RULES = Section(
    "rules",
    _apply,
    _show,
    manager={
        "timeZone": Parsed(parse_time_zone, required=False, allow_null=True),
        # "" and null mean none.
        "uf": Parsed(parse_state, required=False, allow_null=True),
        "policy": AsGiven(),
        # null removes the menu.
        "menu": AsGiven(),
        "holidays": AsGiven(),
        "nationalHolidays": AsGiven(),
    },
    area={"policy": AsGiven()},
    # null uses the policy.
    operator={
        "cap": Parsed(
            partial(parse_integer, least=0, most=MOST_CHATS),
            required=False,
            allow_null=True,
        )
    },
)

register(
    RULES,
    *(list_section(key, items) for key, items in LISTS.items()),
    list_section("apiKeys", KEYS),
)
