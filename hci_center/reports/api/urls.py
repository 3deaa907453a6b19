from django.urls import path

from hci_center.reports.api.viewsets import ReportViewSet

urlpatterns = [path("report", ReportViewSet.as_view({"post": "report"}))]
