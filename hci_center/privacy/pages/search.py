"""The first page: finds a person, creates a request, lists requests."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from hci_center.privacy.pages.forms import RequestForm
from hci_center.privacy.pages.frame import PrivacyPage
from hci_center.privacy.persons import contacts_of, find_contacts
from hci_center.privacy.requests import (
    RefusedRequestError,
    make_request,
    visible_requests,
)
from managers.admin.lookups import is_row_id

LISTED = 50


class Search(PrivacyPage):
    def get(self, request: HttpRequest) -> HttpResponse:
        return self._show(request, RequestForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        form = RequestForm(request.POST)
        if not form.is_valid():
            return self._show(request, form, 400)
        chosen = [each for each in request.POST.getlist("contact") if is_row_id(each)]
        try:
            made = make_request(
                form.cleaned_data["kind"],
                contacts_of(self.caller).filter(pk__in=chosen),
                asked_by=form.cleaned_data["asked_by"],
                identified=form.cleaned_data["identified"],
                why=form.cleaned_data["why"],
                made_by=self.caller.credential,
            )
        except RefusedRequestError as refused:
            messages.error(request, str(refused))
            return self._show(request, form, 400)
        return redirect("privacy:request", pk=made.pk)

    def _show(
        self, request: HttpRequest, form: RequestForm, status: int = 200
    ) -> HttpResponse:
        text = (request.GET.get("q") or request.POST.get("q") or "").strip()[:64]
        listed = visible_requests(self.caller).order_by("-pk")
        return self.page(
            request,
            "search.html",
            _("Personal data"),
            status,
            text=text,
            found=find_contacts(self.caller, text),
            form=form,
            requests=listed.prefetch_related("subjects__manager")[:LISTED],
        )
