"""Pulumi's policy pack: `pulumi up --policy-pack infra/policy/pack`.

Its environment is its own (see README.md beside it): the rules are read from this project's tree.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

import pulumi_policy

from infra.policy.adapter import PACK, policies

pulumi_policy.PolicyPack(name=PACK, policies=policies(pulumi_policy))
