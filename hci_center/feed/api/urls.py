from django.urls import path

from hci_center.feed.api.viewsets import SocketViewSet

urlpatterns = [path("socket", SocketViewSet.as_view({"post": "create"}))]
