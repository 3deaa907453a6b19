"""Dates in digits: Django's names of months begin with a capital, which is wrong."""

DATE_FORMAT = "d/m/Y"
DATETIME_FORMAT = "d/m/Y H:i"
