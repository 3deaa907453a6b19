"""The root URL configuration; each app has its own URL module."""

from django.contrib import admin
from django.templatetags.static import static
from django.urls import include, path
from django.views.generic import RedirectView

from areas.admin.login_sessions import login_sessions
from areas.admin.second_factor import second_factor
from hci_center.audit.pages.views import audit_page
from hci_center.pages import security_txt
from hci_center.reports.wall.views import live, today

admin.autodiscover()

urlpatterns = [
    path("api/", include("managers.api.urls")),
    path("api/", include("contacts.api.urls")),
    path("api/", include("chats.api.urls")),
    path("api/", include("areas.api.urls")),
    path("api/", include("hci_center.feed.api.urls")),
    path("api/", include("hci_center.reports.api.urls")),
    path("api/", include("hci_center.api.urls")),
    path("webhooks/", include("chats.inbound.views")),
    path("", include("hci_center.webserver.urls")),
    path(".well-known/security.txt", security_txt),
    path("", include("hci_center.console.urls")),
    # APPEND_SLASH is off for the sake of the API.
    path("admin", RedirectView.as_view(url="/admin/")),
    # The choice of the language in the back-office; it needs no slash but its own.
    path("admin/language/", include("django.conf.urls.i18n")),
    path("admin/privacy/", include("hci_center.privacy.pages.urls")),
    path("admin/audit/", admin.site.admin_view(audit_page), name="audit"),
    path("admin/reports/", include("hci_center.reports.pages.urls")),
    path("admin/two-step/", admin.site.admin_view(second_factor), name="second-factor"),
    path("admin/sessions/", admin.site.admin_view(login_sessions), name="sessions"),
    path("admin/live/", admin.site.admin_view(live), name="wall-live"),
    path("admin/today/", admin.site.admin_view(today), name="wall-today"),
    path("admin/", admin.site.urls),
    # Browsers request it for every page that names no icon.
    path("favicon.ico", RedirectView.as_view(url=static("mark.svg"))),
]

handler500 = "hci_center.pages.server_error"
