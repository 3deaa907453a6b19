"""A page token that no key decrypts fails no call; it can be replaced."""

from __future__ import annotations

import io
import json

from django.core.management import call_command
from django.db import connection

from managers.models import Manager
from tests.contract.calls import CALLS
from tests.contract.shapes import NUMBER, PAGE, refused

UNREADABLE = "gAAAAABmNobodyHasTheKeyOfThis"


def spoil():
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE managers_manager SET facebook_token = %s, gateway_settings = %s",
            [UNREADABLE, UNREADABLE],
        )


def token_of(api):
    return api.post("/api/user/facebook", {"facebookId": PAGE}).json()["data"][
        "facebookToken"
    ]


def test_no_call_needs_it(centre, full_api):
    spoil()
    for call in CALLS:
        if call.path == "api/user/save/facebook":
            continue  # it renews the token
        answer = full_api.call(call.method, call.url, call.body(centre) or None)
        assert answer.status_code < 500, call
    assert token_of(full_api) == ""


def test_saving_again_is_a_conflict_and_linking_replaces_it(centre, full_api):
    spoil()
    name = Manager.objects.without_secrets().get(number=NUMBER).name
    body = {"name": name, "facebookId": PAGE, "facebookToken": "token"}
    refused(full_api.post("/api/user/save", body), 409, "manager_exists")
    body = {"number": NUMBER, "facebookId": PAGE, "facebookToken": "renewed"}
    assert full_api.post("/api/user/save/facebook", body).status_code == 200
    assert token_of(full_api) == "renewed"


def test_provisioning_replaces_it(centre, full_api, tmp_path):
    spoil()
    settings = {"url": "http://127.0.0.1:1"}
    given = {
        "number": NUMBER,
        "name": "Padaria",
        "facebookToken": "renewed",
        "gatewaySettings": settings,
    }
    file = tmp_path / "file.json"
    file.write_text(json.dumps({"managers": [given]}))
    call_command("provision", str(file), stdout=io.StringIO())
    assert token_of(full_api) == "renewed"
    assert json.loads(Manager.objects.get(number=NUMBER).gateway_settings) == settings
