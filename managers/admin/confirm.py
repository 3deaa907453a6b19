"""Actions on many rows at once, with a page that asks before anything happens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from hci_center.errors import RefusedError
from managers.admin.tenant import TenantAdmin

# So many rows the person can still look through; each is a transaction.
MOST_AT_ONCE = 500


def confirm(
    page: TenantAdmin,
    request: HttpRequest,
    rows: QuerySet[Any],
    *,
    title: str,
    none: str = "",
    make_form: Callable[[Any], forms.Form] = lambda data: forms.Form(data),
) -> forms.Form | HttpResponse:
    """The form, filled in and agreed to; until then the page that asks for it.

    `none` is said instead when the action applies to none of those chosen.
    """
    if not rows.exists():
        page.message_user(request, none, messages.WARNING)
        return HttpResponseRedirect(request.get_full_path())
    if rows[MOST_AT_ONCE:].exists():
        said = _("Choose at most %d at once.") % MOST_AT_ONCE
        page.message_user(request, said, messages.ERROR)
        return HttpResponseRedirect(request.get_full_path())
    agreed = "agreed" in request.POST
    form = make_form(request.POST if agreed else None)
    if agreed and form.is_valid():
        return form
    context = {
        **page.admin_site.each_context(request),
        "title": title,
        "opts": page.opts,
        "rows": rows,
        "form": form,
        "action": request.POST.get("action"),
        "checkbox": ACTION_CHECKBOX_NAME,
    }
    return TemplateResponse(request, "admin/confirm_action.html", context)


def apply_to_each(
    page: TenantAdmin,
    request: HttpRequest,
    rows: QuerySet[Any],
    rule: Callable[[Any], None],
    *,
    said: Callable[[int], str],
    logged: str,
) -> None:
    """Applies a rule to each row and tells how many; what it refused is told apart.

    `said` makes the sentence of a number; `logged` stands in each row's history.
    """
    refused: dict[str, int] = {}
    done = 0
    for row in rows:
        try:
            rule(row)
        except RefusedError as refusal:
            sentence = str(refusal.sentence)
            refused[sentence] = refused.get(sentence, 0) + 1
            continue
        page.log_change(request, row, logged)
        done += 1
    if done or not refused:
        page.message_user(request, said(done), messages.SUCCESS)
    for sentence, count in refused.items():
        page.message_user(request, f"{count}: {sentence}", messages.WARNING)
