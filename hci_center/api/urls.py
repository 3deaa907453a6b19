"""URLs of the OpenAPI document and Swagger UI."""

from django.urls import path

from hci_center.api.schema import views

urlpatterns = [
    path("schema/", views.schema, name="schema"),
    path("docs/", views.docs, name="docs"),
]
