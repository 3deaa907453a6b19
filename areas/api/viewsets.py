"""The operations on areas and login sessions."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import authenticate, get_user, login, logout
from django.contrib.auth.models import User
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.csrf import CsrfViewMiddleware, get_token
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from areas.api.serializers import (
    MOST_SETTINGS,
    ChangePassword,
    EndSession,
    FindHours,
    ListOperators,
    SaveSettings,
    SetPresence,
    SignIn,
)
from areas.console import change_password, load_settings, save_settings
from areas.models import Operator
from areas.operators import find_area
from areas.presence import set_presence
from areas.queries import areas_of_manager, operators_of_area, present_operators
from areas.rules.opening_state import opening_state
from areas.sign_in.devices import set_device_cookie
from areas.sign_in.login_sessions import end_session, live_sessions
from areas.sign_in.second_factor import must_enroll
from areas.sign_in.session_auth import caller_of, open_session
from hci_center.api.errors import answer_refusal
from hci_center.api.request_schema import Fields
from hci_center.api.viewset import ContractViewSet, operation
from hci_center.callers import Caller
from hci_center.errors import (
    NotAuthenticatedError,
    NotFoundError,
    OtpRequiredError,
    RefusedError,
)
from hci_center.times import as_time
from managers.lookup import find_manager


class AreaViewSet(ContractViewSet):
    """Each list by port, and by page for a manager without port."""

    @operation()
    def list_by_port(self, fields: Fields, controller_port: int) -> Any:
        return self._areas(controller_port=controller_port)

    @operation()
    def list_by_page(self, fields: Fields, facebook_id: str) -> Any:
        return self._areas(facebook_id=facebook_id)

    @operation(ListOperators, reads=True)
    def operators_by_port(self, fields: Fields, controller_port: int) -> Any:
        return self._operators(fields, controller_port=controller_port)

    @operation(ListOperators, reads=True)
    def operators_by_page(self, fields: Fields, facebook_id: str) -> Any:
        return self._operators(fields, facebook_id=facebook_id)

    @operation(FindHours, reads=True)
    def hours(self, fields: Fields) -> Any:
        manager_id = find_manager(
            self.caller,
            number=fields.get("number"),
            facebook_id=fields.get("facebookId"),
        )
        area_id = None
        if "area" in fields:
            area_id = find_area(manager_id, fields["area"]).id
        at = fields.get("at") or timezone.now()
        return opening_state(manager_id, area_id, at, fields.get("add"))

    def _areas(self, **manager: Any) -> Any:
        return areas_of_manager(find_manager(self.caller, **manager))

    def _operators(self, fields: Fields, **manager: Any) -> Any:
        manager_id = find_manager(self.caller, **manager)
        area = find_area(manager_id, fields["idarea"], field="idarea")
        return operators_of_area(area.id)


class PresenceViewSet(ContractViewSet):
    @operation(SetPresence)
    def set_presence(self, fields: Fields) -> Any:
        operator_id = fields["operatorId"]
        manager_id = set_presence(
            self.caller, operator_id, fields["presence"], fields.get("reason", "")
        )
        [operator] = present_operators(manager_id, operator_id=operator_id)
        return operator.shape


class SessionViewSet(ContractViewSet):
    """Signing in and out, and the signed-in person."""

    def dispatch(
        self, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> HttpResponseBase:
        try:
            return super().dispatch(request, *args, **kwargs)
        except RefusedError as refusal:
            # Error responses set the CSRF cookie too: it is needed to sign in.
            return self.finish(answer_refusal(request, refusal))

    @operation(
        SignIn,
        anonymous=True,
        repeatable=False,
        closed_to=("key",),
        open_to_auditors=True,
    )
    def sign_in(self, fields: Fields) -> Any:
        if not hasattr(self.request, "session"):
            open_session(self.request)
        user = authenticate(self.request, **fields)
        if isinstance(user, User) and must_enroll(user):
            raise OtpRequiredError(
                _("Your account needs two-step sign-in: set it up in /admin/ first.")
            )
        caller = None if user is None else caller_of(user)
        if not isinstance(user, User) or caller is None:
            raise NotAuthenticatedError(_("The user name or the password is wrong."))
        login(self.request, user)
        return self._person(user, caller)

    @operation(anonymous=True, open_to_auditors=True)
    def show(self, fields: Fields) -> Any:
        self._load_csrf_token()
        get_token(self.request)
        caller = getattr(self, "caller", None)
        user = None if caller is None or caller.is_key else get_user(self.request)
        if caller is None or not isinstance(user, User):
            raise NotAuthenticatedError
        return self._person(user, caller)

    @operation(closed_to=("key",))
    def show_settings(self, fields: Fields) -> Any:
        return load_settings(self._user().pk)

    @operation(SaveSettings, closed_to=("key",), body_limit=2 * MOST_SETTINGS)
    def save_settings(self, fields: Fields) -> Any:
        return save_settings(self._user().pk, fields["settings"])

    @operation(ChangePassword, repeatable=False, closed_to=("key",))
    def change_password(self, fields: Fields) -> None:
        change_password(
            self.request, self._user(), fields["password"], fields["newPassword"]
        )

    @operation(closed_to=("key",))
    def list_sessions(self, fields: Fields) -> Any:
        own = self.request.session.session_key
        return [
            {
                "id": session.id,
                "device": session.device,
                "address": session.address,
                "startedAt": as_time(session.started_at),
                "lastSeenAt": as_time(session.last_seen_at),
                "current": session.session_key == own,
            }
            for session in live_sessions(self._user().pk)
        ]

    @operation(EndSession, repeatable=False, closed_to=("key",))
    def end_session(self, fields: Fields) -> None:
        if not end_session(fields["id"], user_id=self._user().pk):
            raise NotFoundError

    @operation(repeatable=False, closed_to=("key",), open_to_auditors=True)
    def sign_out(self, fields: Fields) -> None:
        logout(self.request)

    def finish(self, response: HttpResponse) -> HttpResponse:
        """Saves the login session and sets the cookies, as for Django's own pages."""
        if hasattr(self.request, "session"):
            SessionMiddleware(_no_view).process_response(self.request, response)
        CsrfViewMiddleware(_no_view).process_response(self.request, response)
        set_device_cookie(self.request, response)
        return response

    def _user(self) -> User:
        user = get_user(self.request)
        if not isinstance(user, User):
            raise NotAuthenticatedError
        return user

    def _load_csrf_token(self) -> None:
        """Keeps the token of the cookie: another tab may use it."""
        CsrfViewMiddleware(_no_view).process_request(self.request)

    def _person(self, user: User, caller: Caller) -> dict[str, Any]:
        name = user.get_full_name() or user.get_username()
        if caller.operator is not None:
            name = Operator.objects.values_list("name", flat=True).get(
                pk=caller.operator
            )
        return {
            "operatorId": None if caller.operator is None else str(caller.operator),
            "name": name,
            "role": caller.role,
            "csrfToken": get_token(self.request),
        }


def _no_view(_request: HttpRequest) -> HttpResponse:
    return HttpResponse()
