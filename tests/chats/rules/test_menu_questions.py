"""Texts of the menu's questions, and how each gateway shows them."""

from __future__ import annotations

from typing import Any

import pytest

from chats.rules.menu_questions import choices_for, lines_of, question
from tests.chats.rules.test_menu_answers import menu


def test_a_question_keeps_its_lines_after_any_prefix():
    body = menu()
    lines = lines_of(body.root, is_root=True)
    text, head = question("palavra " * 400, lines)
    assert len(text) <= 2000
    assert text.endswith("5 - Nada\n# - Sair")
    assert text[:head].endswith("palavra")


def test_the_largest_question_fits_every_gateway():
    options = [
        {"key": 80 + n, "title": "x" * 57 + f"{n:03}", "do": "human"} for n in range(20)
    ]
    body = menu(steps=[{"code": "a", "text": "é" * 1024, "options": options}])
    lines = lines_of(body.root, is_root=False)
    text, _head = question("é" * 1024, lines)
    assert len(text) == 2000
    assert all(f"{line.key} - {line.title}" in text for line in lines)


def lines(count: int, longest: int) -> Any:
    titles = [f"{n:0>{longest}}" for n in range(count)]
    options = [
        {"key": n + 1, "title": title, "do": "human"} for n, title in enumerate(titles)
    ]
    body = menu(steps=[{"code": "a", "text": "?", "options": options}])
    return lines_of(body.root, is_root=True)


@pytest.mark.parametrize(
    ("gateway", "count", "longest", "kind"),
    [
        # The line for leaving the menu is one of them.
        ("whatsapp_cloud", 2, 20, "buttons"),
        ("whatsapp_cloud", 3, 20, "list"),
        ("whatsapp_cloud", 2, 21, "list"),
        ("whatsapp_cloud", 9, 24, "list"),
        ("whatsapp_cloud", 10, 24, None),
        ("whatsapp_cloud", 2, 25, None),
        ("messenger", 12, 20, "quick_replies"),
        ("messenger", 13, 20, None),
        ("messenger", 1, 21, None),
        ("evolution", 1, 5, None),
        ("wppconnect", 1, 5, None),
        ("controller", 1, 5, None),
    ],
)
def test_what_each_gateway_shows(gateway, count, longest, kind):
    choices = choices_for(gateway, lines(count, longest), 5)
    assert (choices and choices["kind"]) == kind
    if choices:
        assert choices["items"][0]["id"] == "m:a:1"
        assert choices["items"][-1] == {"id": "m:a:#", "title": "Sair"}


def test_equal_titles_are_sent_as_text():
    two = lines(2, 5)
    same = [two[0], two[0], two[1]]
    assert choices_for("whatsapp_cloud", same, 5) is None
