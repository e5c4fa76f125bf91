"""Actions and moments as people read them."""

import re
from dataclasses import fields

from bulkhead.drill.actions import Action

LONG = 160
"""Characters of one action, at most."""


def kind_of(action: Action) -> str:
    """The kind of an action as words: `CutSession` is `cut session`."""
    return re.sub(r"(?<!^)(?=[A-Z])", " ", type(action).__name__).lower()


def said(action: Action) -> str:
    """`ask: acme/marc, approve, May production be disturbed?`: one line, long ones cut."""
    values = [str(getattr(action, item.name)) for item in fields(action) if item.compare]
    told = f"{kind_of(action)}: {', '.join(values)}".partition("\n")[0]
    return told if len(told) <= LONG else f"{told[:LONG]}…"


def moment(seconds: float) -> str:
    """Since the start, in whole seconds: `00:05:30`."""
    whole = int(seconds)
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}"
