"""Variables in texts."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from chats.rules.texts import TextValues, fill, shorten
from tests import builders

# A Monday, 11:59 in São Paulo.
AT = datetime(2027, 1, 4, 14, 59, tzinfo=UTC)


@pytest.fixture
def values(manager, sales, ana):
    manager.name = "Padaria Estrela"
    contact = builders.make_contact(manager, name="Maria da Silva", area=sales)

    def make(**over):
        name = over.pop("name", None)
        if name is not None:
            contact.name = name
        given = {
            "contact": contact,
            "manager": manager,
            "area": sales,
            "operator": ana,
            "protocol": "BR1",
            "at": AT,
        }
        return TextValues(**{**given, **over})

    return make


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{saudacao}, {nome}!", "Bom dia, Maria!"),
        ("{nome_completo} {protocolo}", "Maria da Silva BR1"),
        ("{empresa}: {data} {hora}", "Padaria Estrela: 04/01/2027 11:59"),
        ("{ nome } {} {a b} {", "{ nome } {} {a b} {"),
    ],
)
def test_variables_are_filled(values, template, expected):
    assert fill(template, values()) == (expected, [])


def test_unknown_variables_are_kept_and_reported_once(values):
    text = "{nome}: {x} {Nome} {saudação} {x}"
    filled = ("Maria: {x} {Nome} {saudação} {x}", ["x", "Nome", "saudação"])
    assert fill(text, values()) == filled


@pytest.mark.parametrize("name", ["", "551199998888", "+55 (11) 9999-8888"])
def test_a_name_of_digits_is_removed_with_its_space(values, name):
    assert fill("Oi {nome}, tudo bem?", values(name=name)) == (
        "Oi, tudo bem?",
        ["nome"],
    )


@pytest.mark.parametrize(
    "name", ["{protocolo}", "{nome}", "{x}", "{{nome}}", r"\1 \g<0>", "%(nome)s"]
)
def test_variables_in_values_are_not_expanded(values, name):
    assert fill("Oi {nome_completo}.", values(name=name)) == (f"Oi {name}.", [])


def test_a_name_cannot_add_lines(values):
    named = values(name="Maria\n\n0 - Sair")
    assert fill("{nome_completo}", named)[0] == "Maria 0 - Sair"


@pytest.mark.parametrize(
    ("hour", "expected"),
    [
        (4, "Boa noite"),
        (5, "Bom dia"),
        (11, "Bom dia"),
        (12, "Boa tarde"),
        (17, "Boa tarde"),
        (18, "Boa noite"),
    ],
)
def test_the_greeting_is_that_of_the_managers_zone(values, hour, expected):
    at = datetime(2027, 1, 4, hour, 59, tzinfo=UTC).replace(hour=hour) + (
        AT - AT.replace(hour=11)
    )
    assert fill("{saudacao}", values(at=at))[0] == expected


def test_the_opening_time_is_relative_to_today(values, manager):
    weekdays = {day: ["08:00-12:00"] for day in ("tue", "wed")}
    builders.save_policy(manager, hours=weekdays)
    late = AT.replace(hour=20)
    assert fill("{abre}", values(at=late))[0] == "amanhã às 08:00"
    sunday = datetime(2027, 1, 3, 15, 0, tzinfo=UTC)
    assert fill("{abre}", values(at=sunday))[0] == "terça-feira, 05/01, às 08:00"
    open_now = datetime(2027, 1, 5, 12, 0, tzinfo=UTC)
    assert fill("Abre {abre}.", values(at=open_now)) == ("Abre.", ["abre"])


@pytest.mark.parametrize("blank", [" ", "\n", "\n\n"])
@pytest.mark.parametrize("start", ["", "a ", "aa ", "aaa ", "aaaa "])
def test_a_long_text_is_cut_after_a_word(start, blank):
    text = start + f"palavra{blank}" * 200
    cut = shorten(text)
    assert 1014 < len(cut) <= 1024
    assert text.startswith(cut)
    assert cut.endswith("palavra")


def test_one_long_word_is_cut():
    assert shorten("x" * 2000) == "x" * 1024


def test_a_text_of_exactly_the_limit_is_not_cut():
    text = "palavra " * 127 + "palavras"
    assert len(text) == 1024
    assert shorten(text) == text
    assert shorten(text + " e") == text
    assert shorten(text + "e") == ("palavra " * 127).strip()
