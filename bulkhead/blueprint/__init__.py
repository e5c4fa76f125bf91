"""Blueprints: an estate written in YAML, checked, and expanded to a plan.

`expand(load("examples/estate.yaml"))` is the plan; `requirements(plan)` the document that a
customer signs; `schema()` what editors check a blueprint against.
"""

from bulkhead.blueprint.editor import schema
from bulkhead.blueprint.loading import Blueprint, Imported, expand, load, loads
from bulkhead.blueprint.specification import requirements

__all__ = ["Blueprint", "Imported", "expand", "load", "loads", "requirements", "schema"]
