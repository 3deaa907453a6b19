"""The demonstration's webhook secret is valid only for the demonstration's pages."""

import hmac
import json

import pytest
from django.test import Client

from chats.models import InboundEvent
from tests.builders import make_manager


@pytest.fixture
def demo(settings):
    settings.DEMO, settings.DEMO_APP_SECRET = True, "secret-of-the-demonstration"
    settings.META_APP_SECRET = "secret-of-the-app"
    return settings


def post_as_app(page, secret):
    """Posts a webhook about that page; returns its status and what was stored."""
    event = {"sender": {"id": "1"}, "recipient": {"id": page}, "timestamp": 1}
    event["message"] = {"mid": "m", "text": "hi"}
    entry = {"id": page, "messaging": [event]}
    body = json.dumps({"object": "page", "entry": [entry]}).encode()
    digest = hmac.new(secret.encode(), body, "sha256").hexdigest()
    headers = {"X-Hub-Signature-256": f"sha256={digest}"}
    InboundEvent.objects.all().delete()
    answer = Client().post(
        "/webhooks/facebook", body, "application/json", headers=headers
    )
    return answer.status_code, InboundEvent.objects.count()


def test_the_demonstrations_secret_is_valid_for_its_own_pages_only(demo, manager):
    page = manager.facebook_id
    assert post_as_app(page, demo.DEMO_APP_SECRET) == (403, 0)
    make_manager(facebook_id="demo-page", is_demo=True)
    assert post_as_app("demo-page", demo.DEMO_APP_SECRET) == (200, 1)
    assert post_as_app(page, demo.DEMO_APP_SECRET) == (200, 0)
    assert post_as_app(page, demo.META_APP_SECRET) == (200, 1)
    demo.DEMO = False
    assert post_as_app("demo-page", demo.DEMO_APP_SECRET) == (403, 0)
