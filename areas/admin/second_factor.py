"""/admin/two-step/: where staff set up their own two-step sign-in."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import segno
from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.encoding import force_str
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods
from unfold.widgets import UnfoldAdminTextInputWidget

from areas.sign_in.login_throttle import Subject, clear_failures, register_attempt
from areas.sign_in.second_factor import (
    Answer,
    check,
    codes_left,
    confirm,
    is_enrolled,
    must_enroll,
    remove,
    renew_codes,
    unconfirmed_secret,
)
from hci_center.errors import InvalidError, ThrottledError

TITLE = gettext_lazy("Two-step sign-in")
ISSUER = "HCI Whats Center"


class CodeForm(forms.Form):
    code = forms.CharField(
        label=gettext_lazy("Code of the authenticator app"),
        max_length=64,
        widget=UnfoldAdminTextInputWidget(
            {"autocomplete": "one-time-code", "spellcheck": "false"}
        ),
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def second_factor(request: HttpRequest) -> HttpResponse:
    """Shows the QR code and checks the first code; later, ends or renews codes."""
    user = request.user
    if not isinstance(user, User) or not user.is_staff:
        raise PermissionDenied
    form = CodeForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            return _act(request, user, form.cleaned_data["code"])
        except InvalidError as refusal:
            form.add_error("code", _sentence(refusal))
        except ThrottledError as refusal:
            form.add_error("code", force_str(refusal.sentence))
    status = 400 if form.errors else 200
    return _page(request, user, {"form": form}, status)


def _act(request: HttpRequest, user: User, code: str) -> HttpResponse:
    """Performs the action, if the code is valid."""
    subject = (Subject(f"second-factor:{user.pk}", free=5, leak=15 * 60),)
    register_attempt(subject)
    if not is_enrolled(user):
        codes = confirm(user, code)
        clear_failures(subject)
        return _page(request, user, {"codes": codes})
    if check(user, code) is not Answer.OK:
        raise InvalidError({"code": [_("This code is wrong; wait for the next.")]})
    clear_failures(subject)
    if request.POST.get("act") == "remove":
        remove(user)
        messages.success(request, _("Two-step sign-in was ended."))
        return HttpResponseRedirect(reverse("second-factor"))
    return _page(request, user, {"codes": renew_codes(user)})


def _page(
    request: HttpRequest, user: User, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    enrolled = is_enrolled(user)
    request.current_app = admin.site.name
    return TemplateResponse(
        request,
        "admin/areas/second_factor.html",
        {
            **admin.site.each_context(request),
            "title": TITLE,
            "is_enrolled": enrolled,
            "is_required": must_enroll(user),
            "codes_left": codes_left(user) if enrolled else 0,
            **({} if enrolled else _shown_secret(user)),
            **context,
        },
        status=status,
    )


def _shown_secret(user: User) -> dict[str, Any]:
    secret = unconfirmed_secret(user)
    label = quote(f"{ISSUER}:{user.get_username()}")
    address = f"otpauth://totp/{label}?secret={secret}&issuer={quote(ISSUER)}"
    grouped = " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
    return {"secret": grouped, "qr": _svg(address)}


def _svg(text: str) -> SafeString:
    """Returns the QR code as an inline image, black on white also in the dark theme."""
    code = segno.make(text, error="m", micro=False)
    svg = code.svg_inline(scale=5, border=4, light="#fff", omitsize=False)
    return mark_safe(svg)  # noqa: S308 - made by segno of squares alone


def _sentence(refusal: InvalidError) -> str:
    fields = refusal.more.get("fields", {})
    return force_str(fields.get("code", [refusal.sentence])[0])
