"""Login sessions made before the authentication backend was renamed stay valid."""

import pytest
from django.contrib.auth import BACKEND_SESSION_KEY, authenticate
from django.contrib.auth.models import User

FORMER = "areas.signing_in.PacedBackend"


def test_a_login_session_of_the_former_backend_stays_valid(supervisor, client):
    client.force_login(supervisor, backend=FORMER)
    assert client.session[BACKEND_SESSION_KEY] == FORMER
    assert client.get("/admin/").status_code == 200


def test_a_backend_that_is_not_configured_ends_it(supervisor, client, settings):
    client.force_login(supervisor, backend=FORMER)
    settings.AUTHENTICATION_BACKENDS = settings.AUTHENTICATION_BACKENDS[:1]
    assert client.get("/admin/").status_code == 302


@pytest.mark.django_db
def test_new_login_sessions_have_the_current_backend():
    User.objects.create_user("rita", password="secret-password")
    user = authenticate(None, username="rita", password="secret-password")
    assert user.backend == "areas.auth_backends.ThrottledBackend"
    assert authenticate(None, username="rita", password="wrong") is None
