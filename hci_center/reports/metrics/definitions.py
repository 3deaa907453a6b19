"""All metrics of the reports; the definitions page is generated from them."""

from __future__ import annotations

from hci_center.reports.metrics import accounts, counts, durations, presence, shares
from hci_center.reports.metrics.metric import Metric

METRICS: dict[str, type[Metric]] = {
    metric.name: metric
    for module in (durations, shares, counts, presence, accounts)
    for metric in vars(module).values()
    if isinstance(metric, type) and issubclass(metric, Metric) and metric.name
}
