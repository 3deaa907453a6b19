"""Callers of the API with a connection each: a key, a supervisor, an operator."""

from __future__ import annotations

import http.client
import json
import time
from typing import Any

import requests
from servers import PORT, Product

BASE = f"http://127.0.0.1:{PORT}"


class Person:
    """A caller that makes calls one after another over a persistent connection."""

    def __init__(self, name: str, headers: dict[str, str]) -> None:
        self.name = name
        self.headers = {"Content-Type": "application/json", **headers}
        self.connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=60)

    def post(self, path: str, body: dict[str, Any]) -> tuple[float, Any]:
        """Returns the milliseconds until the complete response, and its data."""
        text = json.dumps(body)
        begun = time.perf_counter()
        self.connection.request("POST", path, text, self.headers)
        response = self.connection.getresponse()
        raw = response.read()
        took = (time.perf_counter() - begun) * 1000
        assert response.status == 200, f"{path} {body}: {response.status} {raw[:300]!r}"
        return took, json.loads(raw)["data"]


def key_of(product: Product) -> str:
    return product.manage("create_api_key", f"bench {time.time():.0f}")


def with_key(key: str) -> Person:
    return Person("key", {"Authorization": f"Api-Key {key}"})


def signed_in(name: str, username: str, password: str) -> Person:
    """Signs in as a console does."""
    person = requests.Session()
    person.get(f"{BASE}/api/session", timeout=60)
    token = {"X-CSRFToken": person.cookies.get("csrftoken", "")}
    credentials = {"username": username, "password": password}
    answer = person.post(
        f"{BASE}/api/session", json=credentials, headers=token, timeout=60
    )
    assert answer.ok, answer.text
    cookies = "; ".join(f"{c.name}={c.value}" for c in person.cookies)
    return Person(name, {"Cookie": cookies, "X-CSRFToken": person.cookies["csrftoken"]})
