"""URLs of the operations on managers ("users" in the API)."""

from django.urls import path

from managers.api.viewsets import ManagerViewSet

urlpatterns = [
    path("user/", ManagerViewSet.as_view({"get": "list", "post": "find_by_number"})),
    path("user/facebook", ManagerViewSet.as_view({"post": "find_by_page"})),
    path("user/save", ManagerViewSet.as_view({"post": "save"})),
    path("user/save/facebook", ManagerViewSet.as_view({"post": "link"})),
]
