"""What is said of a host that is not there."""

from collections.abc import Iterable
from difflib import get_close_matches

from bulkhead.errors import Problem, WrongInput


def unknown_host(host: str, what: str, known: Iterable[str], shown: Iterable[str]) -> WrongInput:
    """The refusal of `host`: what is wrong, and the nearest of the `known` names, else `shown`."""
    near = get_close_matches(host, tuple(known), n=3)
    return WrongInput(Problem(where=host, what=what, allowed=", ".join(near or sorted(shown))))
