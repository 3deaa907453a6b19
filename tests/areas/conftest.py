"""A provisioning file, and the command that reads it."""

import io
import json

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command

from areas.models import Area, Operator, OperatorArea
from managers.models import Manager, Supervision

BAKERY = {
    "name": "Padaria",
    "email": "oi@padaria.example",
    "number": 5511400011111,
    "controllerPort": "8080",
    "facebookId": "369258147",
    "facebookToken": "canary-token",
    "gateway": "evolution",
    "gatewaySettings": {"url": "http://127.0.0.1:9", "apikey": "canary-key"},
    "supervisors": [{"username": "celia", "password": "canary-celia"}],
    "areas": [{"code": "suporte", "name": "Suporte"}, {"code": "vendas"}],
    "operators": [
        {
            "username": "ana",
            "password": "canary-ana",
            "name": "Ana",
            "email": "ana@padaria.example",
            "areas": ["vendas", "suporte"],
        },
        {"username": "bruno"},
    ],
}


MINIMAL = {"name": "Banca", "facebookId": "page.1-x"}


@pytest.fixture
def provision(db, tmp_path):
    def run(*managers):
        file = tmp_path / "centre.json"
        file.write_text(json.dumps({"managers": list(managers)}))
        out = io.StringIO()
        call_command("provision", str(file), stdout=out)
        return json.loads(out.getvalue())

    return run


def everything():
    """Returns all rows that provisioning may change."""
    models = (Manager, Area, Operator, OperatorArea, Supervision, User)
    return [list(model.objects.order_by("pk").values()) for model in models]
