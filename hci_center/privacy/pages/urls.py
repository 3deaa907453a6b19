from django.contrib import admin
from django.urls import path

from hci_center.privacy.pages.dossier import DossierFile
from hci_center.privacy.pages.request import Certificate, RequestPage
from hci_center.privacy.pages.retention import RetentionPage
from hci_center.privacy.pages.search import Search

app_name = "privacy"
_of_site = admin.site.admin_view
_REQUEST = "requests/<int:pk>/"
_certificate = _of_site(Certificate.as_view())

urlpatterns = [
    path("", _of_site(Search.as_view()), name="search"),
    path("retention/", _of_site(RetentionPage.as_view()), name="retention"),
    path(_REQUEST, _of_site(RequestPage.as_view()), name="request"),
    path(f"{_REQUEST}dossier/", _of_site(DossierFile.as_view()), name="dossier"),
    path(f"{_REQUEST}certificate/", _certificate, name="certificate"),
    path(
        f"{_REQUEST}certificate.json",
        _certificate,
        {"form": "json"},
        name="certificate_json",
    ),
]
