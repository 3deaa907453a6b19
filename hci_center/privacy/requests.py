"""Creates, confirms and cancels requests about personal data; places legal holds."""

from __future__ import annotations

import re
from collections.abc import Iterable

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from chats.models import Chat
from contacts.models import Contact
from contacts.phone_numbers import as_written
from hci_center.audit.recording import record
from hci_center.callers import Caller
from hci_center.privacy.marks import aliases_of
from hci_center.privacy.models import Hold, Request, Subject

_SEPARATORS = re.compile(r"[\s().+-]")


class RefusedRequestError(Exception):
    """The request cannot be created or confirmed; the text says why."""


def visible_requests(caller: Caller) -> QuerySet[Request]:
    """Returns the requests whose contacts all belong to accessible managers."""
    requests = Request.objects.all()
    if caller.managers is None:
        return requests
    foreign = Subject.objects.filter(request=OuterRef("pk"))
    foreign = foreign.exclude(manager__in=caller.managers)
    own = Subject.objects.filter(request=OuterRef("pk"))
    return requests.filter(Exists(own), ~Exists(foreign))


@transaction.atomic
def make_request(
    kind: str,
    contacts: Iterable[Contact],
    *,
    asked_by: str,
    identified: str,
    why: str,
    made_by: str,
    is_made_now: bool = False,
) -> Request:
    """Stores a request; an erasure waits for confirmation, a dossier is started.

    With `is_made_now` the caller builds the dossier instead of a worker.

    Raises RefusedRequestError if a contact has a pending erasure, or is already erased.
    """
    listed = sorted(contacts, key=lambda contact: contact.pk)
    if not listed:
        raise RefusedRequestError(_("Choose at least one contact."))
    if kind == Request.Kind.ERASURE:
        _require_not_erased(listed)
    state = Request.State.OPEN if kind == "erasure" else Request.State.QUEUED
    if is_made_now:
        state = Request.State.CANCELLED
    request = Request.objects.create(
        kind=kind,
        asked_by=asked_by,
        identified=identified,
        why=why,
        made_by=made_by,
        state=state,
    )
    Subject.objects.bulk_create(
        Subject(request=request, contact=contact, manager_id=contact.manager_id)
        for contact in listed
    )
    _record("request", request, asked_by=asked_by, identified=identified, why=why)
    return request


def _require_not_erased(contacts: list[Contact]) -> None:
    erasures = Subject.objects.filter(
        contact__in=contacts,
        request__kind=Request.Kind.ERASURE,
        request__state__in=["queued", "running", "done"],
    )
    if erasures.exists():
        raise RefusedRequestError(
            _("One of the contacts is being erased, or is already.")
        )


@transaction.atomic
def confirm_erasure(request: Request, typed: str, *, confirmed_by: str) -> None:
    """Confirms an erasure; the number or id must have been typed again.

    Raises RefusedRequestError if it differs, or if the request is no longer open.
    """
    names, said = set(), {typed.strip(), _SEPARATORS.sub("", typed)}
    for subject in request.subjects.select_related("contact", "manager"):
        names.update(aliases_of(subject.contact))
        said.add(as_written(typed, subject.manager.number))
    if not names & said:
        raise RefusedRequestError(
            _("This is not the number or id of the person to be erased.")
        )
    waiting = Request.objects.filter(
        pk=request.pk, kind=Request.Kind.ERASURE, state=Request.State.OPEN
    )
    if not waiting.update(
        state=Request.State.QUEUED,
        confirmed_by=confirmed_by,
        confirmed_at=timezone.now(),
    ):
        raise RefusedRequestError(_("The request is not to be confirmed any more."))
    _record("confirm", request)


@transaction.atomic
def cancel_request(request: Request) -> None:
    """Cancels a request that has not started; raises RefusedRequestError otherwise."""
    waiting = Request.objects.filter(
        pk=request.pk, state__in=[Request.State.OPEN, Request.State.QUEUED]
    )
    if not waiting.update(state=Request.State.CANCELLED, done_at=timezone.now()):
        raise RefusedRequestError(_("The request has begun and cannot be cancelled."))
    _record("cancel", request)


@transaction.atomic
def place_hold(
    contact: Contact, chat: Chat | None, *, reason: str, reference: str, by: str
) -> Hold:
    """Places a legal hold on a contact or one of its chats."""
    hold = Hold.objects.create(
        contact=contact, chat=chat, reason=reason, reference=reference, placed_by=by
    )
    record(
        "hold",
        "contact",
        contact.pk,
        manager_id=contact.manager_id,
        after={"hold": hold.pk, "reason": reason},
    )
    return hold


@transaction.atomic
def lift_hold(hold: Hold, *, by: str) -> None:
    """Ends a legal hold, unless it has ended already."""
    if Hold.objects.filter(pk=hold.pk, lifted_at=None).update(
        lifted_at=timezone.now(), lifted_by=by
    ):
        record(
            "release",
            "contact",
            hold.contact_id,
            manager_id=hold.contact.manager_id,
            after={"hold": hold.pk},
        )


def _record(act: str, request: Request, **details: str) -> None:
    """Writes one audit line per manager, visible to those who may see the manager."""
    managers = request.subjects.values_list("manager_id", flat=True).distinct()
    for manager_id in managers:
        record(
            act,
            request.kind,
            request.code,
            manager_id=manager_id,
            after=dict(details) or None,
        )
