"""Removes the name of an operator who has left."""

from __future__ import annotations

from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from areas.models import Operator, SecondFactor
from areas.sign_in.login_sessions import end_sessions_of


def forget_operator(operator: Operator) -> None:
    """Replaces the name by the operator's number, and empties the account.

    Ledger, messages and figures only have the number. The operator must be inactive,
    and not staff, whose account is not the operator's alone.
    """
    with translation.override(settings.LANGUAGE_CODE):
        operator.name = _("Operator %s") % operator.pk
    operator.email = ""
    user = operator.user
    user.username = f"operator-{operator.pk}-{user.pk}"
    user.first_name = user.last_name = user.email = ""
    user.is_active, user.last_login = False, None
    user.set_unusable_password()
    with transaction.atomic():
        operator.save(update_fields=["name", "email"])
        user.save()
        end_sessions_of([user.pk])
        SecondFactor.objects.filter(user=user).delete()
        for model, pk in ((Operator, operator.pk), (User, user.pk)):
            kind = ContentType.objects.get_for_model(model)
            rows = LogEntry.objects.filter(content_type=kind, object_id=str(pk))
            rows.update(object_repr=operator.name)
