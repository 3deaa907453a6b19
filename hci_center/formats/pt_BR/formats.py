"""Dates in digits: Django's names of months begin with a capital, as nobody writes."""

DATE_FORMAT = "d/m/Y"
DATETIME_FORMAT = "d/m/Y H:i"
