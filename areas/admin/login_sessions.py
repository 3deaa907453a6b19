"""/admin/sessions/: the user's own login sessions, and for administrators all."""

from __future__ import annotations

from django.contrib import admin, messages
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from areas.sign_in.login_sessions import end_session, live_sessions
from managers.admin.lookups import is_row_id

TITLE = gettext_lazy("Sessions")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def login_sessions(request: HttpRequest) -> HttpResponse:
    """Lists the sessions; POST ends one."""
    # Users who are not administrators can only see and end their own.
    owner = None if request.user.is_superuser else request.user.pk
    if request.method == "POST":
        return _end(request, owner)
    request.current_app = admin.site.name
    wanted = request.GET.get("q", "").strip().casefold()
    found = [
        session
        for session in live_sessions(owner)
        if wanted in f"{session.username} {session.name}".casefold()
    ]
    return TemplateResponse(
        request,
        "admin/areas/login_sessions.html",
        {
            **admin.site.each_context(request),
            "title": TITLE,
            "sessions": found,
            "own": request.session.session_key,
            "is_of_all": owner is None,
            "wanted": request.GET.get("q", ""),
        },
    )


def _end(request: HttpRequest, owner: int | None) -> HttpResponse:
    chosen = request.POST.get("session", "")
    if not is_row_id(chosen):
        raise BadRequest
    if end_session(int(chosen), user_id=owner):
        messages.success(request, _("The session was ended; its sockets close too."))
    else:
        messages.warning(request, _("This session had ended already."))
    return HttpResponseRedirect(request.get_full_path())
