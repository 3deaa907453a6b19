"""Asks for confirmation before managers are left without a supervisor."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminSelectWidget

from hci_center.errors import RefusedError
from managers.admin.impact import ANSWERS, Fact, Impact, agreed
from managers.admin.tenant import TenantAdmin
from managers.models import Manager, Supervision

_NOBODY = "nobody"


class LastAdministratorError(RefusedError):
    """There would be no administrator any more."""

    status, code = 409, "last_administrator"
    sentence = gettext_lazy("This is the last administrator: name another one first.")


def require_other_administrator(user: User) -> None:
    """Raises LastAdministratorError if none is left once this person is saved.

    Serializes administrators who revoke each other's rights.
    """
    active = User.objects.filter(is_superuser=True, is_active=True)
    known = list(active.select_for_update().order_by("pk").values_list("pk", flat=True))
    stays = user.is_superuser and user.is_active
    if user.pk in known and not stays and known == [user.pk]:
        raise LastAdministratorError


class _HeirsForm(forms.Form):
    """One question for each manager that would have no supervisor."""

    def __init__(
        self, data: Any, managers: Iterable[Manager], people: Iterable[User]
    ) -> None:
        super().__init__(data, prefix=ANSWERS)
        names = [(str(one.pk), one.get_full_name() or one.username) for one in people]
        self._managers = list(managers)
        for manager in self._managers:
            self.fields[f"manager{manager.pk}"] = forms.ChoiceField(
                label=_("Supervisor of %s") % manager.name,
                choices=[
                    ("", gettext_lazy("Choose")),
                    (_NOBODY, gettext_lazy("Nobody: administrators look after it")),
                    *names,
                ],
                widget=UnfoldAdminSelectWidget(),
            )

    def heirs(self) -> dict[int, int | None]:
        """Returns the chosen supervisors by manager."""
        found: dict[int, int | None] = {}
        for manager in self._managers:
            answer = self.cleaned_data[f"manager{manager.pk}"]
            found[manager.pk] = None if answer == _NOBODY else int(answer)
        return found


def ask_for_supervisors(
    page: TenantAdmin, request: HttpRequest, form: Any, formsets: Iterable[Any]
) -> dict[int, int | None]:
    """Returns the new supervisors of managers that would be left without one.

    Raises UnconfirmedError until the person has agreed.
    """
    user: User = form.instance
    lost = _lost(user, form.changed_data, formsets)
    others = Supervision.objects.filter(
        manager__in=lost, user__is_active=True, user__is_staff=True
    ).exclude(user=user)
    alone = lost - set(others.values_list("manager_id", flat=True))
    if not alone:
        return {}
    managers = list(Manager.objects.filter(pk__in=alone).order_by("name"))
    reached = page.get_queryset(request).filter(is_active=True, is_superuser=False)
    people = list(reached.exclude(pk=user.pk).order_by("username"))
    names = [manager.name for manager in managers]
    impact = Impact(
        title=_("Take managers from a supervisor"),
        facts=[
            Fact(
                "alone",
                _("Managers left without a supervisor"),
                len(names),
                names,
                note=", ".join(names),
                warns=True,
            )
        ],
        rows=[user],
        make_form=lambda data: _HeirsForm(data, managers, people),
        danger=True,
    )
    answers: Any = agreed(page, request, impact)
    heirs: dict[int, int | None] = answers.heirs()
    return heirs


def _lost(user: User, changed: Sequence[str], formsets: Iterable[Any]) -> set[int]:
    """Returns the managers that the user will no longer supervise."""
    present = set(
        Supervision.objects.filter(user=user).values_list("manager_id", flat=True)
    )
    if user.is_superuser:
        return set()
    if not user.is_active:
        return present if "is_active" in changed else set()
    kept: set[int] = set()
    for formset in formsets:
        for form in formset.forms:
            manager = form.cleaned_data.get("manager")
            if manager is not None and not form.cleaned_data.get("DELETE"):
                kept.add(manager.pk)
        known = {form.instance.manager_id for form in formset.initial_forms}
        # Those of other managers are not in the form of a supervisor.
        kept |= present - known - kept
    return present - kept
