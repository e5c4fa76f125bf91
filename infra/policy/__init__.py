"""What no program may do, whatever a blueprint says: rules over declared resources. Pure.

The same rules run before anything is sent (`infra.policy.refuse`) and as Pulumi's own policy pack
(`infra/policy/pack`). A rule judges resources, not the plan from which they came.
"""

from infra.policy.graph import UNKNOWN, Allowed, Graph, Resource, Rule, Violation
from infra.policy.judge import RULES, judge

__all__ = ["RULES", "UNKNOWN", "Allowed", "Graph", "Resource", "Rule", "Violation", "judge"]
