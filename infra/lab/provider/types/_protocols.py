"""Protocol names and numbers, which AWS takes and gives in either spelling."""

from typing import Any, Final

NUMBERS: Final = {"all": "-1", "icmp": "1", "tcp": "6", "udp": "17", "icmpv6": "58"}


def number(protocol: Any) -> Any:
    """`tcp` as "6", `all` as "-1"; anything else as it is, as text."""
    text = str(protocol).lower()
    return NUMBERS.get(text, text)
