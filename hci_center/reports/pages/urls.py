from django.contrib import admin
from django.urls import path

from hci_center.reports.pages.channels import Channels
from hci_center.reports.pages.checks import Checks
from hci_center.reports.pages.csat import Csat
from hci_center.reports.pages.definitions_page import Definitions
from hci_center.reports.pages.delivery import Delivery
from hci_center.reports.pages.first import First
from hci_center.reports.pages.frame import ReportPage
from hci_center.reports.pages.groups import Areas, Operators
from hci_center.reports.pages.hours import Hours
from hci_center.reports.pages.outcomes import Outcomes
from hci_center.reports.pages.row_lists import RowList
from hci_center.reports.pages.sla import Sla
from hci_center.reports.pages.times import Times

app_name = "reports"
PAGES: tuple[type[ReportPage], ...] = (
    First,
    Times,
    Areas,
    Operators,
    Hours,
    Outcomes,
    Sla,
    Csat,
    Delivery,
    Channels,
    Definitions,
    Checks,
    RowList,
)
urlpatterns = [
    path(
        "" if page is First else f"{page.name}/",
        admin.site.admin_view(page.as_view()),
        name=page.name,
    )
    for page in PAGES
]
