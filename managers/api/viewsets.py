"""The operations on managers."""

from __future__ import annotations

from typing import Any

from contacts.manager_ref import ManagerRef
from contacts.queries import (
    ContactsOf,
    contacts_of_managers,
    manager_of_id_with_contacts,
    manager_with_contacts,
)
from hci_center.api.request_schema import Fields
from hci_center.api.viewset import ContractViewSet, operation
from managers import queries
from managers.api.serializers import (
    FindManagerByNumber,
    FindManagerByPage,
    LinkManager,
    ListManagers,
    SaveManager,
)
from managers.linking import Link, link_manager, save_manager

# Columns by their names in the API.
_COLUMNS = {
    "name": "name",
    "email": "email",
    "number": "number",
    "controllerPort": "controller_port",
    "facebookId": "facebook_id",
    "facebookToken": "facebook_token",
}


class ManagerViewSet(ContractViewSet):
    @operation(ListManagers)
    def list(self, fields: Fields) -> Any:
        managers = queries.managers_of(self.caller)
        if managers and fields.get("contacts", True):
            contacts = contacts_of_managers(list(managers), self.caller)
            for manager_id, shape in managers.items():
                shape["contacts"] = contacts.get(manager_id, [])
        return list(managers.values())

    @operation(FindManagerByNumber, reads=True)
    def find_by_number(self, fields: Fields) -> Any:
        return manager_with_contacts(self.caller, {"number": fields["number"]})

    @operation(FindManagerByPage, reads=True)
    def find_by_page(self, fields: Fields) -> Any:
        ref: ManagerRef = {"facebook_id": fields["facebookId"]}
        return manager_with_contacts(self.caller, ref)

    @operation(SaveManager, unbound_only=True)
    def save(self, fields: Fields) -> Any:
        columns = {_COLUMNS[name]: value for name, value in fields.items()}
        return self._answer(save_manager(**columns))

    @operation(LinkManager, closed_to=("operator",))
    def link(self, fields: Fields) -> Any:
        link = Link(
            number=fields["number"] if "number" in fields else fields["mumber"],
            facebook_id=fields["facebookId"],
            facebook_token=fields.get("facebookToken"),
            controller_port=fields.get("controllerPort"),
        )
        return self._answer(link_manager(self.caller, link))

    def _answer(self, manager_id: int) -> Any:
        shape = manager_of_id_with_contacts(self.caller, manager_id)
        return shape | {"contacts": ContactsOf(manager_id, shape["contacts"])}
