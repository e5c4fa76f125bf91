"""Ansible filters that make a host's accounts and files out of `baseline_accounts`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

PRINCIPALS = "/etc/bulkhead/ssh/principals"
OBSERVERS = "systemd-journal"
"""Its members read the journal without any right to change it."""

Account = Mapping[str, Any]


def people(accounts: Iterable[Account]) -> list[dict[str, Any]]:
    """Rows of the module `accounts`."""
    return [
        {
            "name": account["name"],
            "comment": account.get("comment", ""),
            "groups": [] if account["sudo"] == "none" else [OBSERVERS],
        }
        for account in accounts
    ]


def principal_files(accounts: Iterable[Account]) -> list[dict[str, str]]:
    """Rows of the module `files`: who may open which account by certificate."""
    return [
        {
            "path": f"{PRINCIPALS}/{account['name']}",
            "content": "".join(f"{name}\n" for name in account["principals"]),
        }
        for account in accounts
    ]


class FilterModule:
    """What Ansible asks for."""

    def filters(self) -> dict[str, Callable[..., object]]:
        """Filters by name."""
        return {"people": people, "principal_files": principal_files}
