"""Buttons on the page of one row that ask for confirmation in a dialog."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.encoding import force_str
from unfold.decorators import action
from unfold.enums import ActionVariant
from unfold.forms import BaseDialogForm

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
    link behind the button only opens the dialog, or without a script a page of its own.
    """
    decorate: Any = action(
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

    def declare(method: Callable[..., Any]) -> Any:
        decorated: Any = decorate(method)

        @wraps(decorated)
        def answer(
            page: TenantAdmin, request: HttpRequest, object_id: str
        ) -> HttpResponse:
            response: HttpResponse = decorated(page, request, object_id=object_id)
            if is_script(request) or response.status_code != HTTPStatus.OK:
                return response
            return _page(page, request, object_id, decorated.dialog, danger=danger)

        return answer

    return declare


def is_script(request: HttpRequest) -> bool:
    """Whether the theme's script requests the dialog, to show it on its page."""
    return "HX-Request" in request.headers


def _page(
    page: TenantAdmin,
    request: HttpRequest,
    object_id: str,
    shown: dict[str, Any],
    *,
    danger: bool,
) -> HttpResponse:
    """Shows the dialog as a page of its own, with the answers that were refused."""
    row = page.get_object(request, object_id)
    if row is None:
        raise Http404
    make_form = shown["form_class"] or BaseDialogForm
    context = {
        **page.admin_site.each_context(request),
        "opts": page.opts,
        "original": row,
        "title": shown["title"],
        "explanation": shown["description"],
        "form": make_form(
            data=request.POST or None, request=request, object_id=object_id
        ),
        "danger": danger,
        "cancel": _url_of(page, row),
    }
    request.current_app = page.admin_site.name
    return TemplateResponse(request, "admin/dialog_page.html", context)


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
    url = _url_of(page, row)
    if is_script(request):
        return HttpResponse(headers={"HX-Redirect": url})
    return HttpResponseRedirect(url)


def _url_of(page: TenantAdmin, row: Any) -> str:
    route = f"admin:{page.opts.app_label}_{page.opts.model_name}_change"
    return reverse(route, args=[row.pk])
