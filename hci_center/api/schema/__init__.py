"""The OpenAPI document, generated from the viewsets into `docs/openapi.yaml`.

An operation's declaration gives its fields, rights and common errors. The texts
(summary, description, examples) and the shape of its response are in an `openapi.py`
beside the viewset, one `OperationDoc` per action.
"""
