"""Sets the retention periods of each manager, with a preview of what is deleted."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminTextInputWidget, UnfoldBooleanWidget

from hci_center.audit.recording import record
from hci_center.privacy import audit_years
from hci_center.privacy.erasing import patiently
from hci_center.privacy.models import REGULATED_MONTHS, Retention
from hci_center.privacy.pages.frame import PrivacyPage
from hci_center.privacy.persons import managers_of
from hci_center.privacy.retention import FIRST_AFTER, count_expired
from managers.admin.lookups import is_row_id
from managers.models import Manager

_MONTHS = ("words_months", "files_months", "person_months", "presence_months")


class RetentionForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Retention
        fields = (*_MONTHS, "is_regulated")
        widgets = {
            name: UnfoldAdminTextInputWidget(attrs={"inputmode": "numeric"})
            for name in _MONTHS
        } | {"is_regulated": UnfoldBooleanWidget()}
        help_texts = {
            name: gettext_lazy("In months. Empty: it is kept.") for name in _MONTHS
        } | {
            "is_regulated": gettext_lazy(
                "Its words cannot be deleted before two years have passed."
            )
        }

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for name in _MONTHS:
            months = cleaned.get(name)
            if months is not None and not 1 <= months <= 1200:
                self.add_error(name, _("At least 1 month, at most 1200."))
        words, person = cleaned.get("words_months"), cleaned.get("person_months")
        if words and person and person < words:
            self.add_error(
                "person_months", _("A person is kept as long as its words at least.")
            )
        if words and words < REGULATED_MONTHS and cleaned.get("is_regulated"):
            self.add_error(
                "words_months",
                _("A regulated service keeps its words for at least %d months.")
                % REGULATED_MONTHS,
            )
        return cleaned


class RetentionPage(PrivacyPage):
    def get(self, request: HttpRequest) -> HttpResponse:
        return self._show(request, self._manager(request.GET.get("manager")))

    def post(self, request: HttpRequest) -> HttpResponse:
        manager = self._manager(request.POST.get("manager"))
        form = RetentionForm(request.POST, instance=self._saved(manager))
        if not form.is_valid():
            return self._show(request, manager, form, status=400)
        proposed: Retention = form.instance
        if "save" not in request.POST:
            return self._show(request, manager, form, proposed)
        proposed.saved_by, proposed.saved_at = self.caller.credential, timezone.now()
        proposed.runs_from = timezone.now() + FIRST_AFTER
        with transaction.atomic():
            proposed.save()
            record(
                "change",
                "retention",
                manager.pk,
                manager_id=manager.pk,
                after={
                    name: getattr(proposed, name) for name in RetentionForm.Meta.fields
                },
            )
        messages.success(request, _("Saved. It first runs after 7 days."))
        return redirect(f"{request.path}?manager={manager.pk}")

    def _manager(self, given: str | None) -> Manager:
        rows = managers_of(self.caller)
        if given is not None:
            rows = rows.filter(pk=given if is_row_id(given) else 0)
        manager = rows.first()
        if manager is None:
            raise Http404
        return manager

    def _saved(self, manager: Manager) -> Retention:
        saved = Retention.objects.filter(manager=manager).first()
        return saved or Retention(manager=manager, runs_from=timezone.now())

    def _show(
        self,
        request: HttpRequest,
        manager: Manager,
        form: RetentionForm | None = None,
        proposed: Retention | None = None,
        status: int = 200,
    ) -> HttpResponse:
        saved = Retention.objects.filter(manager=manager).first()
        counted = proposed or (saved if form is None else None)
        taken = None
        if counted is not None:
            with patiently():
                taken = count_expired(counted, timezone.now() + FIRST_AFTER)
        return self.page(
            request,
            "retention.html",
            _("How long data is kept"),
            status,
            manager=manager,
            managers=managers_of(self.caller),
            form=form or RetentionForm(instance=self._saved(manager)),
            saved=saved,
            taken=taken,
            is_proposed=proposed is not None,
            # The audit belongs to all managers.
            audit=audit_years.years() if self.caller.managers is None else None,
            audit_kept=settings.AUDIT_YEARS,
        )
