"""The audit in the back-office: a page with filters and keyset paging, and its CSV."""
