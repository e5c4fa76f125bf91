"""The little of pulumi_policy that the adapter uses, by its documented API.

The real package has an environment of its own; where it can be imported the same tests run on it.
"""

from dataclasses import dataclass, field
from enum import Enum
from types import SimpleNamespace
from typing import Any


class EnforcementLevel(Enum):
    MANDATORY = "mandatory"


@dataclass
class PolicyConfigSchema:
    properties: dict


@dataclass
class ResourceValidationPolicy:
    name: str
    description: str
    validate: Any
    enforcement_level: EnforcementLevel
    config_schema: PolicyConfigSchema


@dataclass
class StackValidationPolicy(ResourceValidationPolicy):
    pass


FAKE = SimpleNamespace(
    EnforcementLevel=EnforcementLevel,
    PolicyConfigSchema=PolicyConfigSchema,
    ResourceValidationPolicy=ResourceValidationPolicy,
    StackValidationPolicy=StackValidationPolicy,
)


class UnknownValueError(Exception):
    """As the real one: raised where a value is not known during a preview."""


class Proxy(dict):
    """Properties as the SDK gives them: what is not known raises."""

    def __getitem__(self, key):
        if super().__getitem__(key) is ...:
            raise UnknownValueError(key)
        return super().__getitem__(key)


@dataclass
class Args:
    """Of one resource; for a stack, `resources` has many."""

    resource_type: str = ""
    name: str = ""
    props: Any = field(default_factory=Proxy)
    urn: str = "urn:x"
    provider: Any = None
    resources: list = field(default_factory=list)
    config: dict = field(default_factory=dict)

    def get_config(self):
        return self.config
