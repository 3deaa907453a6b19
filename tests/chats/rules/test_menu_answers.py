"""Interpretation of answers in the menu."""

from __future__ import annotations

import random
from typing import Any

import pytest

from areas.rules.menu_body import menu_of
from areas.rules.menu_values import read_menu
from chats.rules.menu_answers import (
    DEEPEST,
    Ask,
    End,
    Position,
    Said,
    answer_to,
    begin_at_root,
    normalized,
    right_answer,
    timed_out,
)
from tests.menus import MENU

AREAS = {"vendas", "suporte"}


def menu(**over: Any):
    problems: Any = {}
    body = read_menu(MENU | over, areas=AREAS, place="menu", problems=problems)
    assert not problems
    return menu_of(body)


ROOT, SUPPORT = Position("inicio"), Position("suporte", ("inicio",))


def said(text: str = "", tapped: str = "", *, is_media: bool = False) -> Said:
    return Said(text, tapped, is_media)


@pytest.mark.parametrize(
    "text",
    [
        "1",
        " 1 ",
        "1.",
        "1)",
        "-1-",
        "1️⃣",
        "\N{FULLWIDTH DIGIT ONE}",
        "①",
        "opção 1",
        "OPCAO 1",
        "Op 1",
        "op1",
        "op. 1",
        "vendas",
        "VENDAS",
        " Vendas. ",
        "comprar",
        "preco",
        "PREÇO",
        "opção vendas",
    ],
)
def test_a_key_a_title_or_a_word_chooses(text):
    turn = right_answer(menu(), ROOT, said(text))
    assert turn == End("area", "Você vai para {area}.", area="vendas")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  ",
        "11",
        "01",
        "1 2",
        "1-2",
        "10/2",
        "quero vendas",
        "venda",
        "um",
        "op",
        "...",
        "99",
        "1 vendas",
        "preços",
        "opção",
        "-1.5",
        "2 pizzas",
    ],
)
def test_unclear_answers_are_wrong_answers(text):
    assert right_answer(menu(), ROOT, said(text)) is None


def test_the_keycap_of_ten_is_recognized():
    assert right_answer(menu(), SUPPORT, said("🔟")) == Ask(ROOT, option=10)
    assert normalized("1️⃣0️⃣") == "10"
    assert normalized("#️⃣") == "#"


def test_a_word_starting_like_option_is_not_a_prefix():
    assert normalized("Operador") == "operador"
    assert normalized("Opções") == "opcoes"


def test_titles_are_normalized_like_answers():
    assert right_answer(menu(), SUPPORT, said("2ª VIA")) == End("area", area="suporte")
    assert right_answer(menu(), SUPPORT, said("2a via")) == End("area", area="suporte")


def test_a_key_precedes_a_title_and_a_title_a_word():
    steps = [
        {
            "code": "a",
            "text": "?",
            "options": [
                {
                    "key": 1,
                    "title": "2",
                    "words": ["três"],
                    "do": "area",
                    "area": "vendas",
                },
                {"key": 2, "title": "Três", "do": "area", "area": "suporte"},
            ],
        }
    ]
    odd, here = menu(steps=steps), Position("a")
    assert right_answer(odd, here, said("2")) == End("area", area="suporte")
    assert right_answer(odd, here, said("tres")) == End("area", area="suporte")


@pytest.mark.parametrize("text", ["0", "voltar", "Voltar.", "0️⃣"])
def test_back(text):
    deep = Position("suporte", ("inicio",), 2)
    assert right_answer(menu(), deep, said(text)) == Ask(ROOT, option=0)
    tried = Position("inicio", (), 2)
    assert right_answer(menu(), tried, said(text)) == Ask(tried, option=0)


@pytest.mark.parametrize("text", ["#", "sair", "SAIR", "encerrar", "#️⃣"])
@pytest.mark.parametrize("here", [ROOT, SUPPORT])
def test_leaving(text, here):
    turn = right_answer(menu(), here, said(text))
    assert turn == End("customer", "Até logo!", closes=True, cause="customer")


def test_the_results_of_options():
    body = menu()
    assert right_answer(body, ROOT, said("2")) == Ask(SUPPORT, option=2)
    tried = Position("inicio", (), 2)
    assert right_answer(body, tried, said("3")) == Ask(ROOT, "Das 8 às 18.", 3)
    assert right_answer(body, ROOT, said("4")) == End(
        "human", "Um momento.", area="suporte"
    )
    assert right_answer(body, ROOT, said("5")) == End(
        "customer", "Tudo bem!", closes=True, cause="menu"
    )


def test_a_tapped_choice_applies_to_its_own_step():
    body = menu()
    vendas = right_answer(body, SUPPORT, said("Vendas", "m:inicio:1"))
    assert vendas == End("area", "Você vai para {area}.", area="vendas")
    # A choice of an earlier question.
    assert right_answer(body, ROOT, said("Início", "m:suporte:10")) == Ask(
        ROOT, option=10
    )
    assert right_answer(body, ROOT, said("Voltar", "m:suporte:0")) == Ask(
        ROOT, option=0
    )
    assert right_answer(body, SUPPORT, said("Sair", "m:inicio:#")).closes


@pytest.mark.parametrize(
    "tapped", ["m:gone:1", "m:inicio:77", "s:1:5", "m:inicio:1x", "x"]
)
def test_with_an_unknown_tapped_id_the_text_is_used(tapped):
    assert right_answer(menu(), ROOT, said("2", tapped)) == Ask(SUPPORT, option=2)
    assert right_answer(menu(), ROOT, said("oi", tapped)) is None


def test_wrong_answers_and_media_count_as_attempts():
    body, here = menu(), ROOT
    first = answer_to(body, here, [said("oi")])
    assert first == Ask(Position("inicio", (), 1), "Não entendi.")
    second = answer_to(body, first.position, [said("Arquivo", is_media=True)])
    assert second == Ask(Position("inicio", (), 2), "Só texto, por favor.")
    assert answer_to(body, second.position, [said("oi")]) == End(
        "retries", area="suporte"
    )


def test_without_retries_the_first_wrong_answer_goes_to_a_person():
    assert answer_to(menu(retries=0, fallback=None), ROOT, [said("oi")]) == End(
        "retries"
    )


def test_messages_that_arrive_together_are_one_answer():
    assert answer_to(menu(), ROOT, [said("oi"), said("tudo bem?")]).position.tries == 1
    assert answer_to(menu(), ROOT, [said("oi"), said("2"), said("4")]) == Ask(
        SUPPORT, option=2
    )


def test_media_with_a_caption_is_not_an_answer():
    assert right_answer(menu(), ROOT, said("1", is_media=True)) is None


@pytest.mark.parametrize(
    ("on_timeout", "then"),
    [
        ("fallback", End("timeout", area="suporte")),
        ("close", End("timeout", "Até logo!", closes=True, cause="idle")),
        ("stay", None),
    ],
)
def test_no_answer(on_timeout, then):
    body = menu(onTimeout=on_timeout)
    assert timed_out(body, SUPPORT, is_reminded=False) == Ask(SUPPORT)
    assert timed_out(body, SUPPORT, is_reminded=True) == then


# The whole state machine


def random_menu(chance: random.Random) -> Any:
    """Returns a menu all of whose steps are reachable: each leads at least to the next."""
    count = chance.randint(1, 12)
    steps = []
    for n in range(count):
        options = [
            {"key": k + 2, "title": f"t{k + 2}", "do": do, **_target(do, count, chance)}
            for k, do in enumerate(
                chance.choices(["area", "step", "text", "human", "close"], k=4)
            )
        ]
        if n + 1 < count:
            options.append({"key": 1, "title": "x", "do": "step", "step": f"s{n + 1}"})
        steps.append({"code": f"s{n}", "text": "?", "options": options})
    return menu(steps=steps, retries=chance.randint(0, 4), invalid="i", media="m")


def _target(do: str, count: int, chance: random.Random) -> dict[str, str]:
    if do == "area":
        return {"area": chance.choice(sorted(AREAS))}
    if do == "step":
        return {"step": f"s{chance.randrange(count)}"}
    return {"text": "said"}


@pytest.mark.parametrize("seed", range(60))
def test_random_walks_stay_within_the_menu(seed):
    chance = random.Random(seed)  # noqa: S311
    body = random_menu(chance)
    turn: Any = begin_at_root(body)
    for _ in range(200):
        assert isinstance(turn, Ask)
        here = turn.position
        assert here.step in body.steps
        assert set(here.path) <= set(body.steps)
        assert len(here.path) <= DEEPEST
        assert 0 <= here.tries <= body.retries
        assert here.step != body.root.code or here.path == ()
        key = chance.choice(["0", "1", "2", "3", "4", "5", "?", "oi"])
        tapped = chance.choice(["", "", f"m:s{chance.randrange(15)}:{key}"])
        said_now = Said(key, tapped, is_media=chance.random() < 0.1)
        before, turn = here, answer_to(body, here, [said_now])
        if isinstance(turn, End):
            assert turn.closes or turn.area in {*AREAS, None}
            assert turn.why != "retries" or before.tries == body.retries
            turn = begin_at_root(body)
        elif right_answer(body, before, said_now) is None:
            assert turn.position == Position(before.step, before.path, before.tries + 1)
        elif turn.option:
            assert turn.position.tries == 0
