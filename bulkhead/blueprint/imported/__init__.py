"""Imported estates: what `bulkhead import` read from accounts, and what people added to it.

The file says `kind: imported` at its top and expands to the same plan as a blueprint.
"""

from bulkhead.blueprint.imported.expanding import build
from bulkhead.blueprint.imported.model import ImportedEstate
from bulkhead.blueprint.imported.rules import check

__all__ = ["ImportedEstate", "build", "check"]
