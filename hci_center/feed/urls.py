from django.urls import path

from hci_center.feed.viewsets import SocketViewSet

urlpatterns = [path("socket", SocketViewSet.as_view({"post": "create"}))]
