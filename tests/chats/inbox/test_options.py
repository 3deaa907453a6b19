"""POST api/user/options: the settings and lists that a console offers."""

from __future__ import annotations

import pytest
from django.utils import timezone

from areas.models import ClosingReason, Menu, PauseReason, TransferReason
from areas.rules.hours import DAYS
from chats.models import GatewayAccount
from chats.rules.texts import VARIABLES
from contacts.models import Tag
from tests import builders
from tests.conftest import signed_in
from tests.contract.shapes import TIME, answered, refused

URL = "/api/user/options"
NOTHING = {
    "closingReasons": [],
    "transferReasons": [],
    "pauseReasons": [],
    "tags": [],
    "variables": list(VARIABLES),
    "menuOn": False,
    "areas": [],
    "gateway": "controller",
    "largestFile": 25 * 2**20,
    "longestText": 65536,
    "supervisors": [],
}


def area(code, **over):
    return {
        "id": code,
        "open": True,
        "opensAt": None,
        "closingReasonRequired": False,
        "transferReasonRequired": False,
    } | over


@pytest.mark.usefixtures("db")
def test_a_manager_without_settings_has_no_options(api, manager):
    answered(api.post(URL, {"number": manager.number}), NOTHING)


def test_lists_are_returned_in_order(api, manager, sales, supervisor):
    supervisor.first_name = "Rita"
    supervisor.save()
    ClosingReason.objects.create(manager=manager, code="venda", name="Venda")
    ClosingReason.objects.create(
        manager=manager, code="troca", name="Troca", area=sales
    )
    TransferReason.objects.create(manager=manager, code="2via", name="2ª via")
    PauseReason.objects.create(manager=manager, code="cafe", name="Café", minutes=15)
    Tag.objects.create(manager=manager, code="vip", name="VIP", colour="#ff0000")
    for model in (ClosingReason, TransferReason, PauseReason, Tag):
        model.objects.create(manager=manager, code="x", name="X", is_active=False)
    Menu.objects.create(manager=manager, version=1, body={})
    answered(
        api.post(URL, {"number": manager.number}),
        NOTHING
        | {
            "closingReasons": [
                {"code": "venda", "name": "Venda", "area": ""},
                {"code": "troca", "name": "Troca", "area": "vendas"},
            ],
            "transferReasons": [{"code": "2via", "name": "2ª via"}],
            "pauseReasons": [{"code": "cafe", "name": "Café", "minutes": 15}],
            "tags": [{"code": "vip", "name": "VIP", "colour": "#ff0000"}],
            "menuOn": True,
            "areas": [area("vendas")],
            "supervisors": ["Rita"],
        },
    )
    Menu.objects.create(manager=manager, version=2, body=None)
    assert api.post(URL, {"number": manager.number}).json()["data"]["menuOn"] is False


def test_areas_have_their_state_and_requirements(
    api, manager, sales, support, django_assert_max_num_queries
):
    builders.save_policy(manager, hours={}, transferReasonRequired=True)
    builders.save_policy(manager, sales, hours="always", closingReasonRequired=True)
    found = api.post(URL, {"number": manager.number}).json()["data"]["areas"]
    required = {"transferReasonRequired": True}
    assert found == [
        area("vendas", closingReasonRequired=True, **required),
        area("suporte", open=False, **required),
    ]
    in_three_days = DAYS[(timezone.now().weekday() + 3) % 7]
    builders.save_policy(manager, support, hours={in_three_days: ["08:00-12:00"]})
    for _ in range(5):
        builders.make_area(manager)
    with django_assert_max_num_queries(14):
        areas = api.post(URL, {"number": manager.number}).json()["data"]["areas"]
    assert areas[1]["open"] is False
    assert areas[1]["opensAt"] == TIME
    assert len(areas) == 7


def test_limits_are_those_of_the_gateway(api, manager):
    GatewayAccount.objects.create(
        manager=manager, channel="whatsapp", largest_file=1000
    )
    by_number = api.post(URL, {"number": manager.number}).json()["data"]
    assert by_number["largestFile"] == 1000
    by_page = api.post(URL, {"facebookId": manager.facebook_id}).json()["data"]
    assert (by_page["gateway"], by_page["longestText"]) == ("messenger", 2000)
    assert by_page["largestFile"] == 25 * 2**20


def test_operators_may_ask_for_their_own_manager(ana, manager, other_manager):
    api = signed_in(ana.user)
    assert api.post(URL, {"number": manager.number}).status_code == 200
    refused(api.post(URL, {"number": other_manager.number}), 404, "manager_not_found")
    refused(api.post(URL), 400, "invalid", fields=["number", "facebookId"])
