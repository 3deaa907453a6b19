"""Strings of Unfold and Django's admin that our catalogues translate.

The lists are not used at run time: they only bring the strings into our catalogues,
where Unfold and Django find them. Unfold has no translations; Django's Portuguese
treats every noun as masculine, and its "Close" would mean leaving the page, not closing
the chat on it.
"""

from django.utils.translation import gettext_noop as _

MESSAGES = (
    _("%(full_result_count)s total"),
    _("Add row"),
    _("All applications"),
    _("Apply Filters"),
    _("Collapse"),
    _("Dark"),
    _("Date"),
    _("Default"),
    _("Edit"),
    _("Expand row"),
    _("False"),
    _("From"),
    _("General"),
    _("Go back"),
    _("Light"),
    _("Loading more results..."),
    _("More actions"),
    _("Next"),
    _("No data"),
    _("No recent searches"),
    _("No results found"),
    _("No results matching your query"),
    _("Not enough data."),
    _("Previous"),
    _("Recent searches"),
    _("Record picture"),
    _("Reset filters"),
    _("Return to site"),
    _("Run"),
    _("Search apps and models..."),
    _("Select action"),
    _("Select action to run"),
    _("Select all rows"),
    _("Select record"),
    _("Select value"),
    _("Submit"),
    _("System"),
    _("This item will be deleted."),
    _("This page yielded into no results. Create a new item or reset your filters."),
    _("To"),
    _("Toggle password visibility"),
    _("True"),
    _("Type to search"),
    _("Undo"),
    _("Value"),
    _("Welcome"),
    _("Welcome back to"),
    _("You have been successfully logged out from the administration"),
)

OF_DJANGO = (
    _("%(name)s with ID “%(key)s” doesn’t exist. Perhaps it was deleted?"),  # noqa: RUF001
    _("Added {name} “{object}”."),
    _("Added."),
    _("Changed {fields} for {name} “{object}”."),
    _("Changed {fields}."),
    _("Close"),
    _("Deleted {name} “{object}”."),
    _("The %(name)s “%(obj)s” was deleted successfully."),
    _("The {name} “{obj}” was added successfully."),
    _("The {name} “{obj}” was changed successfully."),
    _("The {name} “{obj}” was added successfully. You may add another {name} below."),
    _("The {name} “{obj}” was changed successfully. You may edit it again below."),
    _("The {name} “{obj}” was changed successfully. You may add another {name} below."),
)
