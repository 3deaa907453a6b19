from django.contrib import admin
from django.urls import path

from hci_center.reports.pages.frame import ReportPage
from hci_center.reports.pages.times import Times

app_name = "reports"
PAGES: tuple[type[ReportPage], ...] = (Times,)
urlpatterns = [
    path(f"{page.name}/", admin.site.admin_view(page.as_view()), name=page.name)
    for page in PAGES
]
