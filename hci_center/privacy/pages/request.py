"""The page of one request: preview, confirmation, legal holds, certificate."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from hci_center.privacy.holds import holds_of
from hci_center.privacy.kinds import STAYS, listed
from hci_center.privacy.models import Request
from hci_center.privacy.pages.forms import ConfirmForm, HoldForm, PasswordForm
from hci_center.privacy.pages.frame import PrivacyPage
from hci_center.privacy.preview import counts_of
from hci_center.privacy.requests import (
    RefusedRequestError,
    cancel_request,
    confirm_erasure,
    lift_hold,
    place_hold,
)
from managers.admin.lookups import is_row_id


class RequestPage(PrivacyPage):
    """Shows a request, and handles the actions on it."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self._show(request, self.find(pk))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        found = self.find(pk)
        acts = {
            "confirm": self._confirm,
            "cancel": self._cancel,
            "hold": self._hold,
            "lift": self._lift,
        }
        act = acts.get(request.POST.get("act", ""))
        if act is None:
            raise Http404
        try:
            refused = act(request, found)
        except RefusedRequestError as error:
            messages.error(request, str(error))
            return redirect("privacy:request", pk=pk)
        return refused or redirect("privacy:request", pk=pk)

    def _confirm(self, request: HttpRequest, found: Request) -> HttpResponse | None:
        form = ConfirmForm(request.POST)
        if not form.is_valid():
            return self._show(request, found, 400, confirm=form)
        try:
            confirm_erasure(
                found,
                form.cleaned_data["typed"],
                confirmed_by=self.caller.credential,
            )
        except RefusedRequestError as error:
            form.add_error("typed", str(error))
            return self._show(request, found, 400, confirm=form)
        messages.success(request, _("The erasure begins within seconds."))
        return None

    def _cancel(self, request: HttpRequest, found: Request) -> None:
        cancel_request(found)
        messages.success(request, _("The request was cancelled."))

    def _hold(self, request: HttpRequest, found: Request) -> HttpResponse | None:
        form = HoldForm(found, request.POST)
        if not form.is_valid():
            return self._show(request, found, 400, hold=form)
        place_hold(
            form.cleaned_data["contact"],
            form.cleaned_data["chat"],
            reason=form.cleaned_data["reason"],
            reference=form.cleaned_data["reference"],
            by=self.caller.credential,
        )
        messages.success(request, _("The legal hold is placed: nothing is erased."))
        return None

    def _lift(self, request: HttpRequest, found: Request) -> None:
        pk = request.POST.get("hold", "")
        hold = holds_of(found).filter(pk=pk if is_row_id(pk) else 0).first()
        if hold is None:
            raise Http404
        lift_hold(hold, by=self.caller.credential)
        messages.success(request, _("The legal hold is lifted."))

    def _show(
        self,
        request: HttpRequest,
        found: Request,
        status: int = 200,
        confirm: forms.Form | None = None,
        hold: forms.Form | None = None,
    ) -> HttpResponse:
        found.refresh_from_db()
        contacts = [
            subject.contact
            for subject in found.subjects.select_related(
                "contact", "contact__manager"
            ).order_by("pk")
        ]
        is_open = found.state == Request.State.OPEN
        is_erasure = found.kind == Request.Kind.ERASURE
        can_hold = is_erasure and found.state in (
            Request.State.OPEN,
            Request.State.QUEUED,
        )
        context: dict[str, Any] = {
            "found": found,
            "contacts": contacts,
            "holds": holds_of(found) if is_erasure else [],
            "hold": (hold or HoldForm(found)) if can_hold else None,
            "confirm": (confirm or ConfirmForm()) if is_open else None,
            "can_cancel": found.state in (Request.State.OPEN, Request.State.QUEUED),
            "password": PasswordForm() if found.file else None,
        }
        if is_open:
            context |= {"counts": listed(counts_of(contacts)), "stays": STAYS}
        return self.page(request, "request.html", found.code, status, **context)


class Certificate(PrivacyPage):
    """The certificate of an erasure, to be printed, or as JSON."""

    def get(self, request: HttpRequest, pk: int, form: str = "") -> HttpResponse:
        found = self.find(pk)
        if found.kind != Request.Kind.ERASURE or found.state != Request.State.DONE:
            raise Http404
        if form == "json":
            text = json.dumps(found.result, ensure_ascii=False, indent=2)
            response = HttpResponse(text, content_type="application/json")
            response["Content-Disposition"] = (
                f'attachment; filename="{found.code}.json"'
            )
            return response
        result: Any = found.result
        managers = [
            {**each, "counted": listed(each["counts"])} for each in result["managers"]
        ]
        return self.page(
            request,
            "certificate.html",
            _("Certificate of erasure %s") % found.code,
            found=found,
            managers=managers,
            stays=STAYS,
        )
