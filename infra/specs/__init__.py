"""What each stack is made of: a plan projected into frozen specs. Pure; no Pulumi here."""

from infra.specs.project import specs

__all__ = ["specs"]
