"""The properties of each type as pulumi_aws declares them, from a table that is generated.

pulumi_aws takes seconds and half a gigabyte to import, and this process starts with every
provider instance: so `python -m infra.lab.provider.derive` writes the names into catalogue.json,
and a test proves that the table equals the installed pulumi_aws' own classes.
"""

import json
from functools import cache
from pathlib import Path
from typing import TypedDict

PATH = Path(__file__).with_name("catalogue.json")


class Entry(TypedDict):
    """Wire names of a type's inputs (and which are required) and of all its outputs."""

    inputs: list[str]
    required: list[str]
    outputs: list[str]


@cache
def catalogue() -> dict[str, Entry]:
    """Token (`aws:ec2/vpc:Vpc`) to its properties. `pulumi:providers:aws` is the provider."""
    table: dict[str, Entry] = json.loads(PATH.read_text("utf-8"))
    return table
