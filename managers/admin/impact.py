"""What a change would do, on a page of its own, before it is made.

A change describes itself as an `Impact` in the transaction that would make it, under its
locks, and calls `agreed`. Until the person has agreed to exactly what is so now, that
raises `UnconfirmedError`: the transaction is rolled back, and the page is shown. The page
sends the form again as it was, with the answers and a signed digest of what it showed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from django import forms
from django.contrib.admin import ModelAdmin
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from managers.admin.secret_fields import sealed

DIGEST = "impact"
# The fields of the questions, beside those of the form that is sent again.
ANSWERS = "answer"
_SALT = "back-office.impact"

MakeForm = Callable[[Any], forms.Form]


class UnconfirmedError(Exception):
    """Nothing was changed: the person is asked first, by `response`."""

    def __init__(self, response: HttpResponse) -> None:
        super().__init__()
        self.response = response


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of the page: how many of what.

    `key` is the same at every showing. `members` tells one state from another of the
    same number; it is only compared. `note` stands behind the label. What `is_fleeting`
    changes by itself all the time, and is no reason to ask again.
    """

    key: str
    label: str
    count: int
    members: Sequence[Any] = ()
    note: str = ""
    warns: bool = False
    is_fleeting: bool = False

    def mark(self) -> list[Any]:
        """Returns the count and a hash of the members."""
        text = ",".join(sorted(map(str, self.members)))
        return [self.count, sha256(text.encode()).hexdigest()[:12]]


@dataclass(frozen=True, slots=True)
class Impact:
    """A change with its facts, its consequences in sentences and its questions.

    `danger`: it destroys something, and its button is red. `secrets` are the posted
    fields that the page sends again encrypted.
    """

    title: str
    facts: Sequence[Fact] = ()
    sentences: Sequence[str] = ()
    rows: Sequence[Any] = ()
    make_form: MakeForm | None = None
    button: str = ""
    danger: bool = False
    secrets: frozenset[str] = frozenset()

    def form(self, data: Any) -> forms.Form:
        return (self.make_form or _no_questions)(data)


def _no_questions(data: Any) -> forms.Form:
    return forms.Form(data, prefix=ANSWERS)


def is_answered(request: HttpRequest) -> bool:
    """Returns whether the request comes from the page of an impact."""
    return DIGEST in request.POST


def agreed(page: ModelAdmin[Any], request: HttpRequest, impact: Impact) -> forms.Form:
    """Returns the valid answers of a person who has agreed to this very impact.

    Raises UnconfirmedError: nobody has been asked, an answer is wrong, or what was shown
    has changed since.
    """
    shown = _shown(request)
    form = impact.form(request.POST if shown is not None else None)
    changes = [] if shown is None else _differences(shown, impact.facts)
    if shown is not None and not changes and form.is_valid():
        return form
    raise UnconfirmedError(show(page, request, impact, form=form, changes=changes))


def show(
    page: ModelAdmin[Any],
    request: HttpRequest,
    impact: Impact,
    *,
    form: forms.Form | None = None,
    changes: Sequence[str] = (),
    besides: Sequence[tuple[str, str]] = (),
) -> HttpResponse:
    """Returns the page, whose form sends `besides` too."""
    form = impact.form(None) if form is None else form
    context = {
        **page.admin_site.each_context(request),
        "title": impact.title,
        "opts": page.opts,
        "impact": impact,
        "form": form,
        "changes": changes,
        "hidden": [*_sent(request, form, impact.secrets), *besides],
        "button": impact.button or _("Go ahead"),
        "digest": _digest(request, impact.facts),
        "cancel": request.get_full_path(),
    }
    return TemplateResponse(request, "admin/confirm_action.html", context)


def _sent(
    request: HttpRequest, form: forms.Form, secrets: frozenset[str]
) -> list[tuple[str, str]]:
    """Returns what was posted, without what the page itself asks."""
    own = {"csrfmiddlewaretoken", DIGEST, *map(form.add_prefix, form.fields)}
    return [
        (name, sealed(value) if name in secrets else value)
        for name, values in request.POST.lists()
        if name not in own
        for value in values
    ]


def _salt(request: HttpRequest) -> str:
    return f"{_SALT}:{request.user.pk}:{request.path}"


def _digest(request: HttpRequest, facts: Sequence[Fact]) -> str:
    marks = {fact.key: fact.mark() for fact in facts if not fact.is_fleeting}
    return signing.dumps(marks, salt=_salt(request), compress=True)


def _shown(request: HttpRequest) -> dict[str, Any] | None:
    """Returns the marks that the page showed; None without a valid digest."""
    try:
        marks: dict[str, Any] = signing.loads(
            request.POST.get(DIGEST, ""), salt=_salt(request)
        )
    except signing.BadSignature:
        return None
    return marks


def _differences(shown: dict[str, Any], facts: Sequence[Fact]) -> list[str]:
    """Returns what has changed since it was shown, in sentences."""
    found = []
    for fact in facts:
        count, mark = shown.pop(fact.key, (0, ""))
        if fact.is_fleeting or [count, mark] == fact.mark():
            continue
        if fact.count > count:
            n = fact.count - count
            said = ngettext("%(n)d more", "%(n)d more", n) % {"n": n}
        elif fact.count < count:
            n = count - fact.count
            said = ngettext("%(n)d fewer", "%(n)d fewer", n) % {"n": n}
        elif fact.count:
            said = _("others than before")
        else:
            continue
        found.append(f"{fact.label}: {said}")
    if any(count for count, _mark in shown.values()):
        found.append(_("Some of what was shown is no longer so."))
    return found
