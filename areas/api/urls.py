"""URLs of the operations on areas and login sessions."""

from django.urls import path

from areas.api.viewsets import AreaViewSet, PresenceViewSet, SessionViewSet
from hci_center.api.paths import PAGE, PORT

urlpatterns = [
    path(f"area/facebook/{PAGE}", AreaViewSet.as_view({"get": "list_by_page"})),
    path("area/hours", AreaViewSet.as_view({"post": "hours"})),
    path(f"area/{PORT}", AreaViewSet.as_view({"get": "list_by_port"})),
    path(
        f"area/operator/facebook/{PAGE}",
        AreaViewSet.as_view({"post": "operators_by_page"}),
    ),
    path(f"area/operator/{PORT}", AreaViewSet.as_view({"post": "operators_by_port"})),
    path("operator/presence", PresenceViewSet.as_view({"put": "set_presence"})),
    path(
        "session",
        SessionViewSet.as_view(
            {"post": "sign_in", "get": "show", "delete": "sign_out"}
        ),
    ),
    path(
        "session/settings",
        SessionViewSet.as_view({"get": "show_settings", "put": "save_settings"}),
    ),
    path(
        "session/list",
        SessionViewSet.as_view({"get": "list_sessions", "delete": "end_session"}),
    ),
    path("session/password", SessionViewSet.as_view({"put": "change_password"})),
]
