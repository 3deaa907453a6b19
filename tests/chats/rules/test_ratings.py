"""Which texts are marks or refusals."""

from __future__ import annotations

import pytest

from chats.rules.menu_answers import Said
from chats.rules.ratings import declines, mark_in, tap_of

CHAT = 41


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ("1", 1),
        (" 5 ", 5),
        ("5.", 5),
        ("5!", 5),
        ("4️⃣", 4),
        ("\N{FULLWIDTH DIGIT FOUR}", 4),
        ("⭐", 1),
        ("⭐⭐⭐⭐⭐", 5),
        ("⭐️⭐️⭐️", 3),
        ("4 ⭐", 4),
        ("3⭐⭐⭐", 3),
        ("um", 1),
        ("Dois", 2),
        ("três", 3),
        ("tres", 3),
        ("QUATRO", 4),
        ("cinco", 5),
        ("nota 4", 4),
        ("Nota: 4", 4),
        ("nota dez", None),
        ("4 estrelas", 4),
        ("1 estrela", 1),
        ("cinco estrelas", 5),
        ("0", None),
        ("6", None),
        ("10", None),
        ("4,5", None),
        ("⭐⭐⭐⭐⭐⭐", None),
        ("4 ⭐⭐", None),
        ("2 pizzas", None),
        ("quero 2", None),
        ("5 obrigado", None),
        ("um minuto", None),
        ("opção 2", None),
        ("nota", None),
        ("", None),
        ("½", None),
    ],
)
def test_which_texts_are_marks(text, mark):
    assert mark_in(Said(text), CHAT) == mark


@pytest.mark.parametrize(
    ("tapped", "mark"),
    [
        (tap_of(CHAT, 1), 1),
        (tap_of(CHAT, 5), 5),
        (tap_of(CHAT + 1, 5), None),
        ("s:41:6", None),
        ("s:41:0", None),
        ("m:inicio:1", None),
        ("s:41:5:5", None),
    ],
)
def test_a_tapped_choice_belongs_to_its_chat(tapped, mark):
    assert mark_in(Said("3", tapped), CHAT) == mark


def test_a_file_is_not_a_mark():
    assert mark_in(Said("5", is_media=True), CHAT) is None


@pytest.mark.parametrize("text", ["0", "não", "Nao", " NÃO "])
def test_a_comment_can_be_declined(text):
    assert declines(Said(text))
    assert not declines(Said("não gostei"))
