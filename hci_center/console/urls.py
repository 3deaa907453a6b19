"""URLs of the console: every view has one, and all serve the same page."""

from django.urls import path

from hci_center.console import views

urlpatterns = [
    path("", views.shell, name="console"),
    path("inbox/<slug:tab>", views.shell),
    path("inbox/<slug:tab>/<str:manager>/<str:contact>", views.shell),
    path("protocol/<str:protocol>", views.shell),
    path("console/page/<slug:language>", views.page_in, name="console-page"),
    path("sw.js", views.service_worker, name="console-service-worker"),
    path("console/words/<slug:language>.js", views.words, name="console-words"),
    path("manifest.webmanifest", views.manifest, name="console-manifest"),
]
