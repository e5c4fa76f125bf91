"""Whether this machine can enforce anything, asked before anything is made."""

import os

from bulkhead.errors import MissingHere, Problem
from bulkhead.network.deployed import Deployed
from infra.lab.fabric import nft
from infra.lab.fabric.client import Client, WorkerFailed
from infra.lab.fabric.compile import compile
from infra.lab.fabric.ruleset import full


def able_worker() -> Client:
    """A worker that has shown what it needs. Raises MissingHere."""
    if os.geteuid() != 0:
        raise MissingHere(Problem("lab", "needs root for network namespaces", remedy="use sudo"))
    nft.library()
    worker = Client()
    try:
        worker.call("probe", text=full(compile(Deployed())))
    except WorkerFailed as error:
        worker.end()
        what = f"this kernel or libnftables refuses the rules: {error}"
        needs = "nf_tables with inet, conntrack, nat, log and concatenated interval sets"
        raise MissingHere(Problem("lab", what, needs, "apt install nftables")) from error
    return worker
