"""Shared helpers of the tests of `user/save/facebook`."""

from django.forms import model_to_dict

from tests.builders import make_manager
from tests.managers.shapes import refused

NUMBER, PAGE, TOKEN, PORT = 5531999990000, "741852963", "new-token", 7070
PAGE_TAKEN = refused("page_taken", "This page belongs to another manager.")
NUMBER_TAKEN = refused("number_taken", "This number belongs to another manager.")
TOKEN_MISSING = refused(
    "invalid",
    "Some fields are missing or wrong.",
    fields={"facebookToken": ["This field is required."]},
)


def make(**over):
    """Creates a manager with only the given columns set."""
    nothing = {
        "number": None,
        "controller_port": None,
        "facebook_id": None,
        "facebook_token": "",
    }
    return make_manager(**{"name": "Empresa", "email": "", **nothing, **over})


def link(api, **over):
    body = {"number": NUMBER, "facebookId": PAGE, **over}
    return api.post("/api/user/save/facebook", body)


def shape(**over):
    return {
        "success": True,
        "data": {
            "name": "Empresa",
            "email": "",
            "number": NUMBER,
            "controllerPort": "",
            "facebookId": PAGE,
            "facebookToken": TOKEN,
            "contacts": [],
            **over,
        },
    }


def assert_refused(answer, status, body, *managers):
    """Checks the error response and that no column of the managers has changed."""
    assert (answer.status_code, answer.json()) == (status, body)
    for manager in managers:
        before = model_to_dict(manager)
        manager.refresh_from_db()
        assert model_to_dict(manager) == before
