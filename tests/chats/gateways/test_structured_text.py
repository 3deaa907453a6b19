"""Texts of orders, locations, contacts, polls, calls and payments."""

from datetime import UTC, datetime

import pytest
from django.utils import translation

from chats.gateways import structured_text as s

pytestmark = pytest.mark.usefixtures("portuguese")


def test_an_order_has_lines_and_a_computed_total():
    lines = [s.OrderLine("BOLO", 3, 30), s.OrderLine("SUCO", "2", "10.5")]
    assert s.order_text(lines, currency="BRL", note="para hoje") == (
        "Pedido\n3 x BOLO: R$ 90,00\n2 x SUCO: R$ 21,00\nTotal: R$ 111,00\npara hoje"
    )


def test_an_order_with_only_a_count():
    total = s.amount("1259900", s.THOUSANDTHS)
    assert s.order_text(total=total, currency="BRL", title="Bolos", items="2") == (
        "Pedido: Bolos\n2 itens\nTotal: R$ 1.259,90"
    )


def test_a_line_without_a_price_omits_the_total():
    lines = [s.OrderLine("BOLO", 3, 30), s.OrderLine("SUCO", 1)]
    assert (
        s.order_text(lines, currency="ILS") == "Pedido\n3 x BOLO: ILS 90,00\n1 x SUCO"
    )


@pytest.mark.parametrize("value", [None, "", "x", "NaN", "Infinity", True, [], "1e99"])
def test_invalid_amounts_are_left_out(value):
    assert s.amount(value) is None
    assert s.payment_text(value, "BRL") == "Pagamento"


def test_a_product_shows_its_price_as_number_or_text():
    assert s.product_text("Bolo", "35", "BRL", url="https://x.example/7") == (
        "Produto: Bolo, R$ 35,00\nhttps://x.example/7"
    )
    assert s.product_text("Cake", "$40") == "Produto: Cake, $40"


def test_a_contact_card_has_each_phone_once():
    assert s.contact_text("Ana", ["+55 11 98888-0001", "+55 11 98888-0001"]) == (
        "Contato: Ana, +55 11 98888-0001"
    )


def test_a_location_links_to_a_map():
    assert s.place_text("Padaria", "Rua B, 20", -23.5, "-46.6") == (
        "Localização: Padaria, Rua B, 20\nhttps://www.google.com/maps?q=-23.5,-46.6"
    )
    assert s.place_text("", "", 0.0, 1.0, is_live=True) == (
        "Localização em tempo real: 0.0, 1.0\nhttps://www.google.com/maps?q=0.0,1.0"
    )
    assert s.place_text("Praia", "Praia, Santos", url="https://x.example") == (
        "Localização: Praia, Santos\nhttps://x.example"
    )


def test_polls_and_votes():
    assert s.poll_text("Quando?", ["Manhã", "Tarde"]) == (
        "Enquete: Quando?\n• Manhã\n• Tarde"
    )
    assert s.vote_text("", ["Manhã"]) == "Voto na enquete\n• Manhã"
    assert s.vote_text("Quando?", []) == "Voto retirado da enquete: Quando?"


def test_calls():
    assert s.call_text(missed=True, video=False) == "Chamada de voz perdida"
    assert s.call_text(missed=True, video=True) == "Chamada de vídeo perdida"
    assert s.call_text(missed=False, video=False, seconds=125) == (
        "Chamada de voz (2:05)"
    )
    assert s.call_permission_text(True) == "O cliente permite ligações."
    assert s.call_permission_text(False) == "O cliente não permite ligações."


def test_payments_links_and_invitations():
    assert s.payment_text(50, "BRL", note="sinal", is_request=True) == (
        "Pedido de pagamento: R$ 50,00\nsinal"
    )
    assert s.link_text("Uma página", "https://x.example") == (
        "Uma página\nhttps://x.example"
    )
    assert s.link_text("https://x.example", "https://x.example") == "https://x.example"
    assert s.link_text("", "") == "Link compartilhado"
    assert s.invitation_text("VIP", "https://x.example", "entre") == (
        "Convite para grupo: VIP\nentre\nhttps://x.example"
    )


def test_an_event_is_in_the_current_time_zone(settings):
    starts = datetime(2026, 5, 4, 18, 30, tzinfo=UTC)
    settings.TIME_ZONE = "UTC"
    assert s.appointment_text("Reunião", starts, "Loja", "traga o contrato") == (
        "Evento: Reunião\n04/05/2026 18:30\nLoja\ntraga o contrato"
    )


def test_a_form_has_a_line_for_each_field_of_any_depth():
    deep: dict = {"a": 1}
    for _ in range(50):
        deep = {"b": deep}
    fields = {
        "nota": "4",
        "dias": ["seg", "ter"],
        "quer": True,
        "x": {"y": 2},
        "z": deep,
    }
    assert s.fields_text(fields) == "nota: 4\ndias: seg, ter\nquer: sim\nx y: 2"


def test_in_english():
    with translation.override("en"):
        assert s.order_text(total="1259.9", currency="USD", items=1) == (
            "Order\n1 item\nTotal: US$ 1,259.90"
        )
