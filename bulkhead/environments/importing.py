"""`import`: an account as it stands becomes an estate's file. Everything is read, nothing written.

Whatever the API is asked is a Describe; a client of ours cannot ask anything else (BotoApi).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from bulkhead.blueprint import Imported
from bulkhead.blueprint.loading import loads_imported
from bulkhead.errors import MissingHere, Problem, WrongInput
from bulkhead.network.boto import BotoApi
from bulkhead.network.importing import (
    About,
    Authority,
    Broker,
    Files,
    Remembering,
    broker,
    estate_file,
    labels,
)
from bulkhead.network.read import Api, read
from bulkhead.trust.anchors import told_of
from infra.inventory import aws


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """What to read beside the API. Each broker file may be `HOST=FILE`."""

    mosquitto: tuple[str, ...] = ()
    broker_acls: tuple[str, ...] = ()
    authorities: tuple[Path, ...] = ()
    at: datetime = field(default_factory=lambda: datetime.now(UTC))


def imported(apis: Sequence[Api], name: str, region: str, sources: Sources) -> tuple[str, Imported]:
    """The file's text, and what it says once it is read back: an import that we cannot read is
    no import. MissingHere where the accounts hold no VPC with a subnet."""
    once = [Remembering(api) for api in apis]
    try:
        deployed, named = read(once), labels(once)
    except (BotoCoreError, ClientError) as error:
        raise aws.unreadable(region, error) from None
    if not deployed.subnets:
        accounts = ", ".join(api.account for api in apis)
        raise MissingHere(
            Problem(
                where=f"account {accounts}, {region}",
                what="there is no VPC with a subnet: nothing to import",
                remedy="name another --region, or give credentials of the account that has it",
            )
        )
    files = Files(_brokers(sources), tuple(_authority(path) for path in sources.authorities))
    known = {row.host for row in deployed.interfaces}
    for row in files.brokers:
        if row.host and row.host not in known:
            where, allowed = f"{row.host}={row.files[0]}", ", ".join(sorted(known)[:12])
            raise WrongInput(Problem(where, f"no host {row.host} was read", allowed))
    about = About(name, region, sources.at.date().isoformat())
    text = estate_file(about, deployed, named, files)
    return text, loads_imported(text, f"{name} (as imported)")


def _brokers(sources: Sources) -> tuple[Broker, ...]:
    """A configuration and an access list of one host are one broker's."""
    configurations, lists = _by_host(sources.mosquitto), _by_host(sources.broker_acls)
    hosts = sorted({*configurations, *lists})
    return tuple(broker(host, configurations.get(host), lists.get(host)) for host in hosts)


def _by_host(given: Sequence[str]) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for text in given:
        host, _, file = text.rpartition("=")
        if host in found:
            what = f"two files are of {host or 'no host'}"
            raise WrongInput(Problem(text, what, "HOST=FILE, once for each host"))
        found[host] = Path(file)
    return found


def _authority(path: Path) -> Authority:
    try:
        told = told_of(path.read_bytes())
    except OSError as error:
        raise WrongInput(Problem(str(path), f"cannot be read: {error.strerror}")) from None
    except ValueError as error:
        remedy = "give the authority's certificate, never its key"
        raise WrongInput(Problem(str(path), f"{error}", "a certificate in PEM", remedy)) from None
    return Authority(*told, file=str(path))


def account_apis(region: str) -> list[Any]:
    """The caller's account, and those of BULKHEAD_ROLES, as readers."""
    return [BotoApi(client, account) for account, client in aws.clients(region).items()]
