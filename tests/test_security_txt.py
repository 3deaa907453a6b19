"""/.well-known/security.txt."""

from datetime import timedelta

import pytest
from django.utils import timezone
from django.utils.dateparse import parse_datetime

PATH = "/.well-known/security.txt"


def test_without_a_contact_it_is_not_found(client):
    assert client.get(PATH).status_code == 404


@pytest.mark.parametrize(
    ("contact", "shown"),
    [
        ("security@example.com", "mailto:security@example.com"),
        ("https://example.com/security", "https://example.com/security"),
    ],
)
def test_it_has_the_contact_and_an_expiry(client, settings, contact, shown):
    settings.SECURITY_CONTACT = contact
    answer = client.get(PATH)
    assert answer["Content-Type"].startswith("text/plain")
    lines = dict(line.split(": ", 1) for line in answer.content.decode().splitlines())
    assert lines["Contact"] == shown
    assert lines["Canonical"] == f"http://testserver{PATH}"
    left = parse_datetime(lines["Expires"]) - timezone.now()
    assert timedelta(days=30) < left < timedelta(days=366)
    assert client.post(PATH).status_code == 405
