"""The lab's VPC flow logs: what the fabric's rules tell of each flow, written line by line."""

from infra.lab.flowlog.enforcer import Logged
from infra.lab.flowlog.reader import FlowLog

__all__ = ["FlowLog", "Logged"]
