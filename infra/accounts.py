"""Account ids where there is no AWS: the lab's, and those of a program under mocks. Pure."""

import hashlib
import re

PLATFORM, AUDIT, PLANT = "111111111111", "222222222222", "333333333333"
ACCOUNTS = {"platform": PLATFORM, "audit": AUDIT, "plant": PLANT}
"""Aliases of the accounts that every estate has, and their 12-digit ids."""


_OWN = re.compile(r"4[0-9]{11}", re.ASCII)


def account_id(alias: str) -> str:
    """The 12 digits behind an alias of the plan: a tenant's own account has some of its own.

    They follow from the alias and begin with a 4, so that they are never one of the others; such
    digits stand for themselves.
    """
    if alias in ACCOUNTS:
        return ACCOUNTS[alias]
    if _OWN.fullmatch(alias):
        return alias
    digits = int(hashlib.sha256(alias.encode()).hexdigest(), 16) % 10**11
    return f"4{digits:011}"


def exists(account: str) -> bool:
    """Whether these 12 digits can stand behind an alias."""
    return account in ACCOUNTS.values() or _OWN.fullmatch(account) is not None
