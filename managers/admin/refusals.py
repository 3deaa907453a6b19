"""Shows refusals of rules and the database as messages on the admin's page."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db import IntegrityError
from django.db.models.deletion import ProtectedError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.encoding import force_str
from django.utils.translation import gettext as _

from hci_center.errors import RefusedError
from managers.admin.impact import UnconfirmedError

logger = logging.getLogger(__name__)


def show_refusal(
    request: HttpRequest, page: Callable[..., HttpResponse], *more: Any
) -> HttpResponse:
    """Runs the view; on a refusal, redirects back to its page with the reason.

    Forms validate all of this before. An error here is the result of a race, and the
    transaction was rolled back. The same applies to a change that asks for
    confirmation.
    """
    if request.method != "POST":
        return page(request, *more)
    try:
        return page(request, *more)
    except UnconfirmedError as asked:
        return asked.response
    except RefusedError as refusal:
        messages.error(request, force_str(refusal.sentence))
    except ProtectedError:
        messages.error(request, _("It is in use and cannot be deleted."))
    except IntegrityError as error:
        logger.warning("The database refused a form", exc_info=error)
        messages.error(
            request,
            _("Somebody changed the same thing at this moment. Nothing was saved."),
        )
    return HttpResponseRedirect(request.get_full_path())
