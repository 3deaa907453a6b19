"""Imports the users and chats of the earlier system from files of mongoexport.

`importing` reads them in one transaction (`docs/migrating.md`).
"""
