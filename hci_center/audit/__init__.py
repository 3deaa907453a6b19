"""The audit: who did what, kept for years in a table that only grows (docs/audit.md).

Changes of settings are recorded by triggers on their tables; acts that change no such
row, as reading a chat or making an export, by `hci_center.audit.recording.record`.
"""
