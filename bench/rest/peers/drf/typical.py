"""A typical Django REST framework project on the same tables.

As in a tutorial: ModelSerializers, ORM, token authentication with its query,
startproject's middleware, default renderers, a database connection per request. It
validates requests, and has no permissions, idempotency or audit log.

    python typical.py    # creates the table of tokens and prints one
"""

from __future__ import annotations

import os
import sys
from typing import Any

import django
from django.conf import settings

settings.configure(
    SECRET_KEY="of-a-benchmark" * 4,
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF="typical",
    APPEND_SLASH=False,
    USE_TZ=True,
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
    ],
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "django.contrib.messages",
        "rest_framework",
        "rest_framework.authtoken",
    ],
    REST_FRAMEWORK={
        "DEFAULT_AUTHENTICATION_CLASSES": [
            "rest_framework.authentication.TokenAuthentication"
        ],
        "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    },
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "HOST": os.environ["PGHOST"],
            "USER": os.environ["PGUSER"],
            "NAME": os.environ["PGDATABASE"],
        }
    },
)
sys.modules["typical"] = sys.modules[__name__]
django.setup()

import typical_models as models  # noqa: E402
import typical_serializers as serializers  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db import transaction  # noqa: E402
from django.db.models import F, Q  # noqa: E402
from django.shortcuts import get_object_or_404  # noqa: E402
from django.urls import path  # noqa: E402
from django.utils import timezone  # noqa: E402
from rest_framework.request import Request  # noqa: E402
from rest_framework.response import Response  # noqa: E402
from rest_framework.views import APIView  # noqa: E402


def read(serializer: Any, request: Request) -> dict[str, Any]:
    given = serializer(data=request.data)
    given.is_valid(raise_exception=True)
    return given.validated_data


def done(data: Any) -> Response:
    return Response({"success": True, "data": data})


def contact_named(channel: str, **names: Any) -> models.Contact:
    return get_object_or_404(
        models.Contact.objects.filter(deleted_at=None, channel=channel), **names
    )


class FindManager(APIView):
    def post(self, request: Request) -> Response:
        body = read(serializers.ByNumber, request)
        manager = get_object_or_404(models.Manager, number=body["number"])
        return done(serializers.ManagerSerializer(manager).data)


class ContactsOfOperator(APIView):
    def post(self, request: Request) -> Response:
        body = read(serializers.OfOperator, request)
        manager = get_object_or_404(models.Manager, number=body["number"])
        found = manager.contacts.filter(
            Q(operator_id=body["operatorId"]) | Q(area__code=body["area"]),
            deleted_at=None,
        )
        found = found.select_related("area").order_by(*models.LATEST_FIRST)
        shown = serializers.ContactSerializer(found, many=True).data
        return done({"contacts": shown})


class Messages(APIView):
    def post(self, request: Request) -> Response:
        body = read(serializers.OfContact, request)
        chat = get_object_or_404(
            models.Chat, contact__external_id=body["contactId"], closed_at=None
        )
        found = chat.messages.select_related("contact").order_by("id")
        return done(serializers.MessageSerializer(found, many=True).data)


class Send(APIView):
    def post(self, request: Request) -> Response:
        body = read(serializers.Send, request)
        manager = get_object_or_404(models.Manager, number=body["managerNumber"])
        with transaction.atomic():
            contact = contact_named(
                "whatsapp", manager=manager, external_id=body["contactNumber"]
            )
            contact.unread = F("unread") + 1
            contact.last_message_at = timezone.now()
            contact.save(update_fields=["unread", "last_message_at"])
            message = models.Message.objects.create(
                manager=manager,
                contact=contact,
                chat=get_object_or_404(models.Chat, contact=contact, closed_at=None),
                content=body["content"],
                type=body["type"],
            )
        return done(serializers.MessageSerializer(message).data)


class StepSa(APIView):
    def put(self, request: Request) -> Response:
        body = read(serializers.OnPage, request)
        contact = contact_named(
            "facebook",
            manager__facebook_id=body["facebookId"],
            external_id=body["contactId"],
        )
        contact.sa = F("sa") + 1
        contact.save(update_fields=["sa"])
        contact.refresh_from_db(fields=["sa"])
        return done(contact.sa)


class Claim(APIView):
    def put(self, request: Request) -> Response:
        body = read(serializers.Claim, request)
        operator = body["operatorId"]
        claimed = models.Contact.objects.filter(
            Q(operator_id=None) | Q(operator_id=operator),
            manager__number=body["number"],
            channel="whatsapp",
            external_id=body["contactId"],
            deleted_at=None,
        ).update(operator_id=operator)
        if not claimed:
            return Response({"success": False, "error": "contact taken"}, status=409)
        return done("Contact Send to the operator")


urlpatterns = [
    path("api/user/", FindManager.as_view()),
    path("api/user/contact/operator", ContactsOfOperator.as_view()),
    path("api/chat/message", Messages.as_view()),
    path("api/chat/message/send", Send.as_view()),
    path("api/user/contact/sa/increase", StepSa.as_view()),
    path("api/user/contact/operator/my", Claim.as_view()),
]
application = get_wsgi_application()

if __name__ == "__main__":
    from django.contrib.auth.models import User
    from django.core.management import call_command
    from rest_framework.authtoken.models import Token

    call_command("migrate", "authtoken", verbosity=0)
    token, _ = Token.objects.get_or_create(user=User.objects.earliest("id"))
    print(token.key)
