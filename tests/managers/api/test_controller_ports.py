"""The controller ports that a manager may be saved with."""

import json

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command

from hci_center.environment import Environment
from managers.models import Manager

NUMBER = 5511400099999


def save(api, port):
    body = {"name": "Mercado Sol", "number": NUMBER, "controllerPort": port}
    return api.post("/api/user/save", body)


@pytest.mark.parametrize("port", [22, "0022", 25, 5432, 6379])
def test_a_port_of_another_service_is_refused(full_api, port):
    answer = save(full_api, port)
    assert answer.status_code == 400
    assert answer.json()["error"]["fields"] == {
        "controllerPort": ["This port is reserved for a service other than HTTP."]
    }
    assert not Manager.objects.exists()


@pytest.mark.parametrize("port", [1, 80, 443, 8888, 65535])
def test_any_other_port_is_accepted(full_api, port):
    assert save(full_api, port).json()["data"]["controllerPort"] == str(port)


def test_with_a_list_of_ports_only_these_are_accepted(full_api, settings):
    settings.CONTROLLER_PORTS = (range(22, 23), range(9000, 9100))
    assert save(full_api, 9100).status_code == 400
    assert save(full_api, 22).status_code == 200


def test_linking_refuses_such_a_port(api, manager):
    body = {"facebookId": "5", "facebookToken": "t", "number": manager.number}
    answer = api.post("/api/user/save/facebook", body | {"controllerPort": 22})
    assert list(answer.json()["error"]["fields"]) == ["controllerPort"]


def test_provisioning_refuses_such_a_port(db, tmp_path):
    path = tmp_path / "centre.json"
    tree = {"name": "Mercado Sol", "number": NUMBER, "controllerPort": 22}
    path.write_text(json.dumps({"managers": [tree]}))
    with pytest.raises(CommandError, match="controllerPort: This port is reserved"):
        call_command("provision", str(path))


@pytest.mark.parametrize(
    ("text", "expected"),
    [("", ()), ("80", (range(80, 81),)), ("1-2, 9", (range(1, 3), range(9, 10)))],
)
def test_the_setting_is_a_list_of_ranges(monkeypatch, text, expected):
    monkeypatch.setenv("HCI_CONTROLLER_PORTS", text)
    assert Environment().port_ranges("HCI_CONTROLLER_PORTS") == expected


@pytest.mark.parametrize("text", ["x", "0", "9-8", "1-65536", "-", "1-2-3"])
def test_a_wrong_setting_is_refused(monkeypatch, text):
    monkeypatch.setenv("HCI_CONTROLLER_PORTS", text)
    with pytest.raises(ImproperlyConfigured, match="8080,9000-9099"):
        Environment().port_ranges("HCI_CONTROLLER_PORTS")
