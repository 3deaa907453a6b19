"""The OpenAPI document: made from the viewsets, kept in `docs/openapi.yaml`.

What a viewset declares with `operation` gives the fields, the rights and the common
refusals of a call. What only people need (the heading, what it does, the document's
own examples) and the shape of its answer stand in a `documentation.py` beside it, one
`Page` for each action.
"""
