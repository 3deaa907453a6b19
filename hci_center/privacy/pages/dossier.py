"""Downloads a dossier, after the user has entered his password again."""

from __future__ import annotations

from collections.abc import Iterator

from django.contrib import messages
from django.contrib.auth import authenticate
from django.core.files.storage import default_storage
from django.http import Http404, HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from hci_center.audit.recording import record
from hci_center.errors import ThrottledError
from hci_center.privacy.dossier_files import unsealed
from hci_center.privacy.models import Request
from hci_center.privacy.pages.frame import PrivacyPage


class DossierFile(PrivacyPage):
    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        found = self.find(pk)
        if not found.file:
            raise Http404
        try:
            person = authenticate(
                request,
                username=request.user.get_username(),
                password=request.POST.get("password", ""),
            )
        except ThrottledError as refused:
            messages.error(request, str(refused.sentence))
            return redirect("privacy:request", pk=pk)
        if person is None or person.pk != request.user.pk:
            messages.error(request, _("This is not your password."))
            return redirect("privacy:request", pk=pk)
        if not default_storage.exists(found.file):
            raise Http404
        self._record(found)
        response = StreamingHttpResponse(
            _parts(found.file), content_type="application/zip"
        )
        response["Content-Disposition"] = (
            f'attachment; filename="dossie-{found.code.partition("-")[2]}.zip"'
        )
        response["Cache-Control"] = "no-store"
        return response

    def _record(self, found: Request) -> None:
        """Before the first byte is sent."""
        for manager_id in found.subjects.values_list(
            "manager_id", flat=True
        ).distinct():
            record("fetch", "dossier", found.code, manager_id=manager_id)


def _parts(name: str) -> Iterator[bytes]:
    with default_storage.open(name) as content:
        yield from unsealed(content)
