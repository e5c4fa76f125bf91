"""The JSON Schema of a blueprint, for editors."""

from typing import Any

from bulkhead.blueprint.model import Estate
from bulkhead.blueprint.tiers import tiers


def schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12), generated from the model; it lists the tiers there are."""
    made = Estate.model_json_schema(by_alias=True, mode="validation")
    made["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    made["title"] = "Bulkhead estate"
    tier = made["$defs"]["TenantSpec"]["properties"]["tier"]
    tier.clear()
    tier["enum"] = list(tiers())
    tier["description"] = "; ".join(f"{one.name}: {one.summary}" for one in tiers().values())
    return made
