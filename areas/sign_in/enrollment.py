"""Records the use of sessions, and redirects staff without a required second factor."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse

from areas.sign_in.login_sessions import note_use
from areas.sign_in.second_factor import must_enroll

BACK_OFFICE = "/admin/"

GetResponse = Callable[[HttpRequest], HttpResponseBase]


class EnrollmentMiddleware:
    """Redirects from every page of the back-office; the API refuses such users."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith(BACK_OFFICE):
            return self.get_response(request)
        if request.user.is_authenticated:
            note_use(request, request.user.pk)
        if settings.REQUIRE_2FA == "off":
            return self.get_response(request)
        page = reverse("second-factor")
        free = (page, reverse("admin:login"), reverse("admin:logout"))
        user = request.user
        if request.path_info in free or not isinstance(user, User):
            return self.get_response(request)
        if must_enroll(user):
            return HttpResponseRedirect(page)
        return self.get_response(request)
