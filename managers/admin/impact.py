"""Shows the effects of a change on a confirmation page before it is made.

A change describes itself as an `Impact` in its transaction, under its locks, and calls
`agreed`. Until the user has confirmed exactly the current effects, that raises
`UnconfirmedError`: the transaction is rolled back, and the page is shown. The page
submits the form again unchanged, with the answers and a signed digest of what it
showed. If one form changes several things that need confirmation, their pages follow
one another: the digest contains all that were shown, by title.
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
# The prefix of the questions' fields, to distinguish them from the resubmitted form's.
ANSWERS = "answer"
_SALT = "back-office.impact"

MakeForm = Callable[[Any], forms.Form]


class UnconfirmedError(Exception):
    """Nothing was changed: `response` asks the user for confirmation first."""

    def __init__(self, response: HttpResponse) -> None:
        super().__init__()
        self.response = response


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of the page: a label and a count.

    `key` is the same each time the page is shown. `members` distinguishes states with
    the same count; it is only compared. `note` is shown after the label. A fact that
    `is_fleeting` changes constantly, and is no reason to ask again.
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
    """A change with its facts, its consequences as sentences and its questions.

    `danger`: it is destructive, and its button is red. `secrets` are the posted fields
    that the page resubmits encrypted.
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


def agreed(page: ModelAdmin[Any], request: HttpRequest, impact: Impact) -> forms.Form:
    """Returns the valid answers of a user who has confirmed exactly this impact.

    Raises UnconfirmedError if the user was not asked yet, if an answer is invalid, or
    if the facts have changed since the page was shown.
    """
    shown = _shown(request).get(impact.title)
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
    """Returns the page, whose form also submits `besides`."""
    form = impact.form(None) if form is None else form
    context = {
        **page.admin_site.each_context(request),
        "title": impact.title,
        "opts": page.opts,
        "impact": impact,
        "form": form,
        "changes": changes,
        "hidden": [*_sent(request, form, _secrets(page, impact)), *besides],
        "button": impact.button or _("Go ahead"),
        "digest": _digest(request, impact),
        "cancel": request.get_full_path(),
    }
    return TemplateResponse(request, "admin/confirm_action.html", context)


def _secrets(page: ModelAdmin[Any], impact: Impact) -> frozenset[str]:
    """Returns the posted fields that no page may show, whatever it asks about."""
    columns: Sequence[str] = getattr(page.form, "secret_columns", ())
    return impact.secrets | {f"new_{column}" for column in columns}


def _sent(
    request: HttpRequest, form: forms.Form, secrets: frozenset[str]
) -> list[tuple[str, str]]:
    """Returns the posted data, without the page's own fields."""
    own = {"csrfmiddlewaretoken", DIGEST, *map(form.add_prefix, form.fields)}
    return [
        (name, sealed(value) if name in secrets else value)
        for name, values in request.POST.lists()
        if name not in own
        for value in values
    ]


def _salt(request: HttpRequest) -> str:
    return f"{_SALT}:{request.user.pk}:{request.path}"


def _digest(request: HttpRequest, impact: Impact) -> str:
    marks = {fact.key: fact.mark() for fact in impact.facts if not fact.is_fleeting}
    all_shown = {**_shown(request), impact.title: marks}
    return signing.dumps(all_shown, salt=_salt(request), compress=True)


def _shown(request: HttpRequest) -> dict[str, dict[str, Any]]:
    """Returns the digests of the facts of each page shown, by title; {} if invalid."""
    try:
        marks: dict[str, dict[str, Any]] = signing.loads(
            request.POST.get(DIGEST, ""), salt=_salt(request)
        )
    except signing.BadSignature:
        return {}
    return marks


def _differences(shown: dict[str, Any], facts: Sequence[Fact]) -> list[str]:
    """Returns sentences about what has changed since the page was shown."""
    found, shown = [], {**shown}
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
