"""URLs of the operations on contacts, in the order of the API document."""

from django.urls import path

from contacts.api.viewsets import ContactViewSet

urlpatterns = [
    path("user/contact/get", ContactViewSet.as_view({"post": "list"})),
    path(
        "user/contact/area",
        ContactViewSet.as_view({"post": "list_of_area", "put": "change_area"}),
    ),
    path(
        "user/contact/operator",
        ContactViewSet.as_view({"post": "list_of_operator", "put": "hand_over"}),
    ),
    path("user/contact/operator/my", ContactViewSet.as_view({"put": "answer"})),
    path("user/contact/save", ContactViewSet.as_view({"post": "save"})),
    path(
        "user/contact/save/facebook",
        ContactViewSet.as_view({"post": "save_facebook"}),
    ),
    path("user/contact/sa", ContactViewSet.as_view({"post": "find_or_add"})),
    path("user/contact/sa/increase", ContactViewSet.as_view({"put": "increase_sa"})),
    path("user/contact/sa/decrease", ContactViewSet.as_view({"put": "decrease_sa"})),
    path("user/contact/", ContactViewSet.as_view({"delete": "delete"})),
]
