"""The rules as Pulumi's own policies. `infra/policy/pack` runs them in the user's engine.

pulumi_policy is given, not imported: it has an environment of its own, beside the pack, as the
engine makes it from the pack's requirements.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from infra.policy.graph import UNKNOWN, Allowed, Graph, Resource, Rule
from infra.policy.judge import RULES

PACK = "bulkhead"
CONFIG = {
    "publicConduits": {
        "type": "array",
        "items": {"type": "string"},
        "description": "conduits that may admit from anywhere, by the plan's id",
    },
    "retentionDays": {"type": "integer", "description": "days that logs are kept at least"},
}
"""What a pack may be told, in JSON Schema: what an estate declares (see `Allowed`)."""


def policies(sdk: Any) -> list[Any]:
    """A policy of the SDK for every rule: of each resource, or of the whole stack. Mandatory."""
    return [_stack(sdk, rule) if rule.whole else _resource(sdk, rule) for rule in RULES]


def _resource(sdk: Any, rule: Rule) -> Any:
    def validate(args: Any, report: Any) -> None:
        seen = _seen(args)
        if rule.judges(seen):
            for why in rule.reasons(seen, _allowed(args.get_config())):
                report(f"{seen}: {why}")

    return sdk.ResourceValidationPolicy(validate=validate, **_said(sdk, rule))


def _stack(sdk: Any, rule: Rule) -> Any:
    def validate(args: Any, report: Any) -> None:
        graph = Graph([_seen(each) for each in args.resources])
        for found in rule.violations(graph, _allowed(args.get_config())):
            report(f"{found.resource}: {found.why}", found.resource.urn)

    return sdk.StackValidationPolicy(validate=validate, **_said(sdk, rule))


def _said(sdk: Any, rule: Rule) -> dict[str, Any]:
    return {
        "name": rule.name,
        "description": rule.sentence,
        "enforcement_level": sdk.EnforcementLevel.MANDATORY,
        "config_schema": sdk.PolicyConfigSchema(properties=CONFIG),
    }


def _allowed(config: Mapping[str, Any] | None) -> Allowed:
    given = config or {}
    default = Allowed()
    return Allowed(
        public=frozenset(given.get("publicConduits") or ()),
        retention_days=int(given.get("retentionDays") or default.retention_days),
    )


def _seen(args: Any) -> Resource:
    """A resource of the SDK. Its provider bears the account's alias as its name."""
    provider = getattr(args, "provider", None)
    return Resource(
        type=args.resource_type,
        name=args.name,
        properties=_plain(args.props),
        account=provider.name if provider else "",
        urn=args.urn,
    )


def _plain(value: Any) -> Any:
    """Without the SDK's proxies, which raise where a value is not known before it is made."""
    if isinstance(value, Mapping):
        return {key: _item(value, key) for key in value}
    if (
        isinstance(value, Iterable)
        and not isinstance(value, str | bytes)
        and hasattr(value, "__len__")
    ):
        return [_item(value, index) for index in range(len(value))]  # type: ignore[arg-type]
    return value


def _item(holder: Any, key: Any) -> Any:
    try:
        return _plain(holder[key])
    except Exception as error:
        if type(error).__name__ == "UnknownValueError":
            return UNKNOWN
        raise
