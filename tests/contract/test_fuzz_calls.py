"""Requests generated from the OpenAPI document get documented responses.

Half of them are valid, half are not, and many refer to existing rows. The suite tries a
few of each call, the same ones every time; set FUZZ_EXAMPLES for more, generated anew.
"""

from __future__ import annotations

import json
import os
from copy import deepcopy
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.contract.call import HELLO, PNG
from tests.contract.document import DOCUMENT as READ
from tests.contract.shapes import FACEBOOK_ID, NUMBER, PAGE, WHATSAPP_ID

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "6"))
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
bounded = settings(
    max_examples=EXAMPLES,
    derandomize="FUZZ_EXAMPLES" not in os.environ,
    deadline=None,
    database=None,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)
DOCUMENT = schemathesis.openapi.from_dict(deepcopy(READ))
DOCUMENT.app = get_wsgi_application()
OPERATIONS = [result.ok() for result in DOCUMENT.get_all_operations()]


@pytest.fixture
def centre(module_centre, db):
    return deepcopy(module_centre)


@pytest.fixture(autouse=True)
def _one_connection():
    """Runs the application as a server does, but on the connection of the test."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


def real_values(centre: Any) -> dict[str, Any]:
    """Returns existing values, by the names of fields."""
    ana = str(centre.ana.pk)
    return {
        "number": NUMBER,
        "mumber": str(NUMBER),
        "managerNumber": NUMBER,
        "facebookId": PAGE,
        "controllerPort": 8080,
        "contactNumber": WHATSAPP_ID,
        "contactId": FACEBOOK_ID,
        "operatorId": ana,
        "from": ana,
        "area": "vendas",
        "idarea": "Vendas",
        "messageId": "wamid.1",
        "base64": PNG,
        "content": HELLO,
        "type": "image",
    }


def modes_of(operation: Any) -> list[GenerationMode]:
    """Returns the modes of generation: a call without fields has no invalid requests."""
    takes = operation.body or operation.query or operation.path_parameters
    return list(GenerationMode) if takes else [GenerationMode.POSITIVE]


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.label)
def test_responses_are_as_documented(centre, full_api, operation):
    real = real_values(centre)
    # Schemathesis does not unpack what a WSGI application compresses.
    headers = {**full_api.headers, "Accept-Encoding": "identity"}
    asked = st.one_of(
        *(operation.as_strategy(generation_mode=mode) for mode in modes_of(operation))
    )

    @bounded
    @given(data=st.data())
    def ask(data):
        case = data.draw(asked)
        if isinstance(case.body, dict):
            names = data.draw(st.sets(st.sampled_from(sorted(real)), max_size=8))
            declared = operation.body[0].definition if operation.body else {}
            used = {name: real[name] for name in names if name in json.dumps(declared)}
            case.body = {**case.body, **used}
        if case.path_parameters and data.draw(st.booleans()):
            case.path_parameters = {
                name: real[name] for name in case.path_parameters if name in real
            }
        response = case.call(headers=headers)
        case.validate_response(response, checks=CHECKS)

    ask()
