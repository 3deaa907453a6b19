"""Buttons on the page of one row that ask for confirmation in a dialog."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.encoding import force_str
from unfold.decorators import action
from unfold.enums import ActionVariant

from hci_center.errors import RefusedError
from managers.admin.tenant import TenantAdmin


def dialog(
    button: Any,
    explanation: Any,
    *,
    icon: str,
    form: Any = None,
    danger: bool = False,
    permission: str = "change",
) -> Callable[..., Any]:
    """Declares a method as the action of such a button.

    The method gets the request, the form and the row's id. It acts on POST only: the
    link behind the button only opens the dialog.
    """
    decorate = action(
        description=button,
        icon=icon,
        variant=ActionVariant.DANGER if danger else ActionVariant.DEFAULT,
        permissions=[permission],
        dialog={
            "title": button,
            "description": explanation,
            "form_class": form,
            "form_submit_text": button,
        },
    )
    return cast("Callable[..., Any]", decorate)


def apply_to_one(
    page: TenantAdmin,
    request: HttpRequest,
    object_id: str,
    rule: Callable[[Any], object],
    done: str,
) -> HttpResponse:
    """Applies a rule to that row, shows a message and redirects to the row's page.

    Raises Http404 for a row that the person may not view.
    """
    row = page.get_object(request, object_id)
    if row is None:
        raise Http404
    try:
        rule(row)
    except RefusedError as refusal:
        page.message_user(request, force_str(refusal.sentence), messages.ERROR)
    else:
        page.log_change(request, row, done)
        page.message_user(request, done, messages.SUCCESS)
    route = f"admin:{page.opts.app_label}_{page.opts.model_name}_change"
    url = reverse(route, args=[row.pk])
    if "HX-Request" in request.headers:
        return HttpResponse(headers={"HX-Redirect": url})
    return HttpResponseRedirect(url)
