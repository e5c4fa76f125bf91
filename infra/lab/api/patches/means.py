"""What patches share: exchanging parts of moto's classes, and going through its back ends."""

from collections.abc import Iterator
from typing import Any


def exchange(owner: Any, **parts: Any) -> None:
    """Put our parts in the place of moto's; a name that moto does not have is an error here."""
    for name, part in parts.items():
        if not hasattr(owner, name):
            raise AttributeError(f"moto's {owner.__name__} has no {name} to exchange")
        setattr(owner, name, part)


def back_ends() -> Iterator[Any]:
    """moto's EC2 back end of each account and region in use."""
    from moto.ec2.models import ec2_backends

    for _, _, backend in ec2_backends.iter_backends():
        yield backend
