"""Keys of a provisioning file that apps add in sections of their own."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from areas.models import Operator, Policy
from areas.provisioning import registry
from areas.provisioning.fields import Parsed, Part
from areas.provisioning.registry import Section, register, sections
from hci_center.api.parsers import parse_text
from hci_center.errors import InvalidError
from managers.models import Manager
from tests.areas.conftest import BAKERY, MINIMAL, everything, provision
from tests.areas.provisioning.test_people import refusal

__all__ = ["provision"]  # a fixture


class LabelPart(Part):
    key = "code"

    code = Parsed(partial(parse_text, longest=8))
    text = Parsed(partial(parse_text, longest=20), required=False, allow_null=True)


COLOUR = Parsed(partial(parse_text, longest=7), required=False, allow_null=True)


@pytest.fixture
def applied(monkeypatch):
    """Returns what a section of another app received, by manager."""
    given: dict[str, Any] = {}

    def apply(manager, values, location):
        if any(one["code"] == "bad" for one in values.get("labels", [])):
            raise InvalidError({f"{location}.labels[0].code": ["It is taken."]})
        given[manager.name] = (
            values.get("labels"),
            [area.get("colour", "absent") for area in values.get("areas", [])],
        )

    def show(manager, shape):
        shape["labels"] = len(given[manager.name][0] or [])

    registered = {section.name: section for section in sections()}
    monkeypatch.setattr(registry, "_SECTIONS", registered)
    labels = {"labels": LabelPart(many=True, required=False)}
    register(Section("labels", apply, show, manager=labels, area={"colour": COLOUR}))
    return given


def test_a_section_reads_saves_and_prints_its_keys(provision, applied):
    labels = [{"code": "vip", "text": ""}, {"code": "new", "text": None}]
    areas = [{"code": "a", "colour": "red"}, {"code": "b", "colour": None}]
    first = {**MINIMAL, "labels": labels, "areas": [*areas, {"code": "c"}]}
    printed = provision(first, {"name": "Outra", "number": 2})
    assert [shape["labels"] for shape in printed["managers"]] == [2, 0]
    assert applied["Banca"] == (
        labels,
        ["red", None, "absent"],
    )
    assert applied["Outra"] == (None, [])


def test_sections_are_applied_in_the_order_of_the_apps(applied):
    names = [section.name for section in sections()]
    assert (names[0], names[-1]) == ("rules", "labels")


@pytest.mark.parametrize(
    ("over", "problem"),
    [
        ({"labels": {}}, "managers[1].labels: This must be a list."),
        ({"labels": 7}, "managers[1].labels: This must be a list."),
        ({"labels": [1]}, "managers[1].labels[0]: This must be an object."),
        ({"labels": [{"code": "a"}, {}]}, "managers[1].labels[1].code: This field is"),
        ({"labels": [{"code": "a", "x": 1}]}, "managers[1].labels[0].x: There is no"),
        ({"labels": [{"code": "a"}] * 2}, "managers[1].labels: a is there twice."),
        ({"labels": [{"code": "bad"}]}, "managers[1].labels[0].code: It is taken."),
        (
            {"areas": [{"code": "a"}, {"code": "b", "colour": "x" * 8}]},
            "managers[1].areas[1].colour: This is longer than 7",
        ),
        (
            {"areas": [{"code": "a"}, {"code": "b", "color": "x"}]},
            "managers[1].areas[1].color: There is no such field.",
        ),
    ],
)
def test_errors_in_a_section_name_the_place(provision, applied, over, problem):
    [sentence] = refusal(provision, BAKERY, MINIMAL | over)
    assert sentence.startswith(problem)
    assert not any(everything())


def test_errors_of_all_levels_are_reported_at_once(provision, applied):
    """Invalid fields, unknown keys, duplicates and missing keys."""
    items = [{"username": "ana"}, {"username": "ana"}, {"username": "b", "x": 1}, {}]
    sentences = refusal(provision, {"colour": 1, "operators": items, "labels": [{}]})
    assert sorted(sentence.split(":")[0] for sentence in sentences) == [
        "managers[0]",
        "managers[0].colour",
        "managers[0].labels[0].code",
        "managers[0].name",
        "managers[0].operators",
        "managers[0].operators[2].x",
        "managers[0].operators[3].username",
    ]


def test_rules_are_provisioned_printed_and_ended_by_null(provision):
    rules = {
        "timeZone": "America/Manaus",
        "uf": "AM",
        "policy": {"cap": 5, "awayText": ""},
        "areas": [{"code": "vendas", "policy": {"cap": 2}}],
        "operators": [{"username": "ana", "cap": 3, "areas": ["vendas"]}],
    }
    first = provision(MINIMAL | rules)
    [shape] = first["managers"]
    assert (shape["timeZone"], shape["uf"]) == ("America/Manaus", "AM")
    assert shape["policy"] == {"cap": 5, "awayText": ""}
    assert shape["areas"][0]["policy"] == {"cap": 2}
    assert shape["operators"][0]["cap"] == 3
    before = everything()
    assert provision(shape) == first
    assert everything() == before
    nothing = {"timeZone": None, "uf": "", "policy": None}
    ended = {
        "areas": [{"code": "vendas", "policy": None}],
        "operators": [{"username": "ana", "cap": None}],
    }
    [shape] = provision(MINIMAL | nothing | ended)["managers"]
    assert not {"timeZone", "uf", "policy"} & shape.keys()
    assert not Policy.objects.exists()
    assert Operator.objects.get().cap is None
    assert Manager.objects.get().uf == ""


def test_keys_that_are_left_out_change_nothing(provision):
    provision(MINIMAL | {"uf": "AM", "policy": {"cap": 5}})
    [shape] = provision(MINIMAL)["managers"]
    assert (shape["uf"], shape["policy"]) == ("AM", {"cap": 5})


@pytest.mark.parametrize(
    ("over", "place"),
    [
        ({"timeZone": "Manaus"}, "timeZone"),
        ({"uf": "XX"}, "uf"),
        ({"policy": {"cap": -1}}, "policy.cap"),
        ({"policy": "open"}, "policy"),
        ({"holidays": [{}]}, "holidays[0].date"),
        ({"operators": [{"username": "a", "cap": 1001}]}, "operators[0].cap"),
        ({"areas": [{"code": "a", "policy": 1}]}, "areas[0].policy"),
    ],
)
def test_errors_of_rules_name_the_place_in_the_file(provision, over, place):
    sentences = refusal(provision, MINIMAL | over)
    assert sentences[0].startswith(f"managers[0].{place}: ")
    assert not any(everything())
