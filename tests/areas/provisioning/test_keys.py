"""`apiKeys` of a provisioning file: limits and networks of live keys, by name."""

from managers import keys
from managers.models import ApiKey
from tests.areas.conftest import MINIMAL, provision
from tests.areas.provisioning.test_people import refusal
from tests.builders import make_key

__all__ = ["provision"]  # a fixture


def limited(*items):
    return {**MINIMAL, "apiKeys": list(items)}


def test_a_limit_and_networks_are_set_and_printed(provision):
    [shape] = provision(MINIMAL)["managers"]
    assert "apiKeys" not in shape
    make_key(name="bot")
    item = {"name": "bot", "perMinute": 90, "networks": ["10.1.0.0/16", "10.2.0.1"]}
    [shape] = provision(limited(item))["managers"]
    assert shape["apiKeys"] == [
        {"name": "bot", "perMinute": 90, "networks": ["10.1.0.0/16", "10.2.0.1/32"]}
    ]
    [again] = provision({**MINIMAL, "apiKeys": shape["apiKeys"]})["managers"]
    assert again == shape
    provision(limited({"name": "bot", "networks": []}))
    assert ApiKey.objects.get().networks == ""
    assert ApiKey.objects.get().per_minute == 90
    [shape] = provision(limited({"name": "bot", "perMinute": None}))["managers"]
    assert "apiKeys" not in shape


def test_errors_name_the_place_in_the_file(provision, other_manager):
    provision(MINIMAL)
    make_key(other_manager, name="foreign")
    make_key(name="ended")
    keys.revoke_key("ended")
    keys.bind_address("bound", ["10.1.2.3"])
    keys.bind_address("other", ["10.1.2.4"])
    wrong = limited(
        {"name": "foreign"},
        {"name": "ended"},
        {"name": "bound", "networks": ["10.1.2.0/24"]},
        {"name": "other", "networks": [], "perMinute": 0, "secret": "x"},
        {"name": "bound", "networks": "10.1.2.3"},
        5,
    )
    said = "\n".join(refusal(provision, wrong))
    for place in (
        "apiKeys[0].name: No live API key of this name reaches the manager.",
        "apiKeys[1].name: No live",
        "apiKeys[2].networks: “other” is already recognised by such an address.",
        "apiKeys[3].networks: Such a key needs the networks",
        "apiKeys[3].perMinute: ",
        "apiKeys[3].secret: There is no such field.",
        "apiKeys[4].networks: This must be a list of networks.",
        "apiKeys[5]: This must be an object.",
    ):
        assert place in said
    assert ApiKey.objects.get(name="other").networks == "10.1.2.4"
