"""Bulk actions with a confirmation page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.encoding import force_str
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from hci_center.errors import RefusedError
from managers.admin.impact import Fact, Impact, MakeForm, agreed
from managers.admin.tenant import TenantAdmin

# Few enough to review; each row is a transaction.
MOST_AT_ONCE = 500


def confirm(
    page: TenantAdmin,
    request: HttpRequest,
    rows: QuerySet[Any],
    *,
    title: str,
    none: str = "",
    make_form: MakeForm | None = None,
    facts: Callable[[], Sequence[Fact]] = lambda: (),
    sentences: Sequence[str] = (),
    danger: bool = False,
) -> forms.Form | HttpResponse:
    """Returns the confirmed form; until then the page that asks.

    `none` is the message if the action applies to none of the chosen rows. With
    `danger` the button is red.
    """
    if not rows.exists():
        page.message_user(request, none, messages.WARNING)
        return HttpResponseRedirect(request.get_full_path())
    if rows[MOST_AT_ONCE:].exists():
        message = _("Choose at most %d at once.") % MOST_AT_ONCE
        page.message_user(request, message, messages.ERROR)
        return HttpResponseRedirect(request.get_full_path())
    chosen = list(rows)
    kind = capfirst(force_str(page.opts.verbose_name_plural))
    impact = Impact(
        title=title,
        facts=[Fact("rows", kind, len(chosen), [row.pk for row in chosen]), *facts()],
        sentences=sentences,
        rows=chosen,
        make_form=make_form,
        button=title,
        danger=danger,
    )
    form = agreed(page, request, impact)
    page.record_action(request, [row.pk for row in chosen])
    request.action_is_recorded = True  # type: ignore[attr-defined]
    return form


def apply_to_each(
    page: TenantAdmin,
    request: HttpRequest,
    rows: QuerySet[Any],
    rule: Callable[[Any], None],
    *,
    message: Callable[[int], str],
    logged: str,
) -> None:
    """Applies a rule to each row, in one transaction; reports how many were refused.

    `message` returns the message for a count; `logged` is added to each row's history.
    """
    refused: dict[str, int] = {}
    done = 0
    with transaction.atomic():
        # In a fixed order, so that concurrent changes are serialized.
        for row in rows.order_by("pk"):
            try:
                with transaction.atomic():
                    rule(row)
            except RefusedError as refusal:
                sentence = str(refusal.sentence)
                refused[sentence] = refused.get(sentence, 0) + 1
                continue
            page.log_change(request, row, logged)
            done += 1
    if done or not refused:
        page.message_user(request, message(done), messages.SUCCESS)
    for sentence, count in refused.items():
        page.message_user(request, f"{count}: {sentence}", messages.WARNING)
