"""Every route under /api/ requires authentication, except the documented ones."""

import pytest
from django.urls import URLPattern, get_resolver

from hci_center.api.viewset import ContractViewSet

SAMPLES = {
    "<int:chat>": "1",
    "<port:controller_port>": "8080",
    "<page:facebook_id>": "369258147",
    "<uuid:uuid>": "00000000-0000-4000-8000-000000000000",
}
# Routes without authentication: the login session, the schema and its page. File links
# are authorized by their signature, and customers' pictures have random URLs.
ANONYMOUS = {
    ("GET", "/api/session"),
    ("POST", "/api/session"),
    ("GET", "/api/schema/"),
    ("GET", "/api/docs/"),
}
SIGNED = ("/api/chat/file/", "/api/chat/photo/", "/api/chat/transcript/")


def patterns(resolver, prefix="/"):
    for entry in resolver.url_patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLPattern):
            yield route, entry.callback
        else:
            yield from patterns(entry, route)


def routes():
    """Yields each method and path under /api/, with sample parameters."""
    for route, view in patterns(get_resolver()):
        if not route.startswith("/api/"):
            continue
        path = route
        for parameter, sample in SAMPLES.items():
            path = path.replace(parameter, sample)
        assert "<" not in path, f"a sample is needed for {route}"
        for method in getattr(view, "actions", {"get": ""}):
            if method != "head":
                yield method.upper(), path, view


ROUTES = list(routes())
CLOSED = [
    (method, path)
    for method, path, _ in ROUTES
    if (method, path) not in ANONYMOUS and not path.startswith(SIGNED)
]


def test_the_documented_calls_are_routes():
    assert len(CLOSED) >= 35
    assert ("POST", "/api/user/") in CLOSED
    assert ("PUT", "/api/user/contact/operator/my") in CLOSED
    assert ("POST", "/api/chat/message/send/operator/file/8080") in CLOSED


@pytest.mark.parametrize(("method", "path"), CLOSED)
def test_without_a_key_it_is_401(anonymous, method, path):
    for spelling in (path, path.removesuffix("/"), path.rstrip("/") + "/"):
        answer = anonymous.call(method, spelling, {})
        assert answer.status_code == 401
        assert answer.json()["error"]["code"] == "not_authenticated"


def test_only_the_session_is_declared_anonymous():
    declared = {
        (method, path)
        for method, path, view in ROUTES
        if issubclass(getattr(view, "cls", object), ContractViewSet)
        and getattr(view.cls, view.actions[method.lower()]).operation.anonymous
    }
    assert declared <= ANONYMOUS


def test_a_file_needs_its_signature(anonymous):
    answer = anonymous.get(SIGNED[0] + SAMPLES["<uuid:uuid>"])
    assert answer.status_code == 403
    assert answer.json()["error"]["code"] == "forbidden"


def test_a_literal_segment_takes_precedence_over_a_port(api, manager):
    for path in (
        "/api/chat/message/send/operator/facebook",
        "/api/chat/message/send/operator/file/facebook",
        "/api/area/operator/facebook/369258147",
    ):
        assert api.post(path, {}).json()["error"]["code"] == "invalid"


def test_the_root_address_is_the_console(client):
    answer = client.get("/")
    assert answer.status_code == 200
    assert b"console/main.js" in answer.content


def test_addresses_without_a_page_are_not_found(client):
    assert client.get("/elsewhere").status_code == 404
