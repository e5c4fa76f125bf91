"""Attempts on the services of the lab's machines, and what proves or lifts their own rules."""

from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any

from bulkhead.drill.actions import Action, Plant, Publish, Query, Unplant
from bulkhead.drill.outcomes import Done, NotObserved, Outcome, Refused
from bulkhead.environments.actions.asking import flow_of
from bulkhead.environments.actions.lab_attempts import reached
from bulkhead.environments.actions.lab_hosts import Errand, Hosts, Said, by_source
from bulkhead.errors import BulkheadError
from bulkhead.plan import Host
from bulkhead.wire.certificates import dotted
from infra.inventory.roles import PORTS

PATIENCE = 5.0
MARK = "bulkhead-attack"
"""The node that a planted row names, and the policy that shows it: both are found by this."""
DATABASE, ROWS = "historian", "bulkhead.gaps"
"""Where rows are planted: a table of every tenant's that no model reads values from."""
TLS = PurePosixPath("/etc/bulkhead/tls")
BROKERS = PurePosixPath("/etc/bulkhead/broker")


def publish(hosts: Hosts, actions: Sequence[Publish]) -> list[Outcome]:
    """Messages, by the certificate and the account of each source's service."""
    return _through(hosts, actions, "publish", _message)


def query(hosts: Hosts, actions: Sequence[Query]) -> list[Outcome]:
    """Queries; none seen of rows that are there is the rows' own protection."""
    found = _through(hosts, actions, "query", _question)
    return [_seen(hosts, action, outcome) for action, outcome in zip(actions, found, strict=True)]


def _through(hosts: Hosts, actions: Sequence[Any], do: str, job: Any) -> list[Outcome]:
    """The network first, source by source; the service where that lets the attempt through."""
    found: dict[int, Outcome] = {}
    for source, places in by_source(actions).items():
        flows = [flow for index in places if (flow := flow_of(actions[index])) is not None]
        found.update(zip(places, reached(hosts, source, flows), strict=True))
        asked = [index for index in places if isinstance(found[index], Done)]
        jobs = [{"id": index, **job(hosts, actions[index])} for index in asked]
        found.update(_errand(hosts, source, do, jobs))
    return [found[index] for index in range(len(actions))]


def _errand(hosts: Hosts, source: str, do: str, jobs: Sequence[Said]) -> dict[int, Outcome]:
    if not jobs:
        return {}
    said = Errand(hosts, source, do, jobs, PATIENCE).all(timeout=len(jobs) * (PATIENCE + 2))
    return {row["id"]: _outcome(row) for row in said}


def _outcome(said: Said) -> Outcome:
    if said["layer"] == "broken":
        return NotObserved(reason=said["reason"], at=said["at"])
    if said["layer"]:
        return Refused(layer=said["layer"], reason=said["reason"], at=said["at"])
    facts = (("rows", str(said["rows"])),) if "rows" in said else ()
    return Done(facts=facts, at=said["at"])


def _message(hosts: Hosts, action: Publish) -> Said:
    return {
        **_credentials(hosts.planned(action.source)),
        "address": hosts.destination(_flow(action)),
        "port": PORTS["broker"],
        "name": dotted(action.source),
        "topic": action.topic,
        "payload": MARK,
    }


def _question(hosts: Hosts, action: Query) -> Said:
    source = hosts.planned(action.source)
    return {
        **_credentials(source),
        "address": hosts.destination(_flow(action)),
        "port": PORTS["historian"],
        "database": DATABASE,
        "user": f"{source.tenant}_{source.role}",
        "statement": f"SELECT count(*) FROM {ROWS} WHERE tenant = %s",  # noqa: S608
        "tenant": action.tenant,
    }


def _flow(action: Action) -> Any:
    return flow_of(action)


def _credentials(host: Host) -> Said:
    return {"certificate": str(TLS / f"{host.role}.pem"), "key": str(TLS / f"{host.role}.key")}


def _seen(hosts: Hosts, action: Query, outcome: Outcome) -> Outcome:
    if not isinstance(outcome, Done) or ("rows", "0") not in outcome.facts:
        return outcome
    where = f"SELECT count(*) FROM {ROWS} WHERE tenant = {quoted(action.tenant)}"  # noqa: S608
    there = int(sql(hosts, action.historian, where) or 0)
    if not there:
        return NotObserved(reason="no row of that tenant is there to be seen", at=outcome.at)
    return Refused(layer="row-security", reason=f"{there} rows are there, none is seen")


def plant(hosts: Hosts, action: Plant) -> Outcome:
    """A row that names MARK for its node."""
    if why := hosts.missing(action.historian):
        return NotObserved(reason=why)
    values = f"({quoted(action.tenant)}, '{MARK}', now(), now())"
    into = f"INSERT INTO {ROWS} (tenant, node, after_at, before_at) VALUES {values}"  # noqa: S608
    sql(hosts, action.historian, into)
    return Done()


def unplant(hosts: Hosts, action: Unplant) -> Outcome:
    """All such rows of the tenant are gone."""
    if why := hosts.missing(action.historian):
        return NotObserved(reason=why)
    where = f"tenant = {quoted(action.tenant)} AND node = '{MARK}'"
    sql(hosts, action.historian, f"DELETE FROM {ROWS} WHERE {where}")  # noqa: S608
    return Done()


def lift(hosts: Hosts, attempt: Action) -> str:
    """Open the service's own rule for the attempt alone; empty, or why it cannot be."""
    try:
        match attempt:
            case Publish(source, broker, _, topic):
                _permit(hosts, broker, [f"user {dotted(source)}", f"topic write {topic}"])
            case Query():
                _show(hosts, attempt)
    except BulkheadError as error:
        return "; ".join(problem.what for problem in error.problems)
    return ""


def put_back(hosts: Hosts, attempt: Action) -> None:
    """Close it again."""
    match attempt:
        case Publish(_, broker, _, _):
            _permit(hosts, broker, [])
        case Query(_, historian, _):
            sql(hosts, historian, f'DROP POLICY IF EXISTS "{MARK}" ON {ROWS}')


def _show(hosts: Hosts, action: Query) -> None:
    source = hosts.planned(action.source)
    role, tenant = f"{source.tenant}_{source.role}", quoted(action.tenant)
    statement = f'CREATE POLICY "{MARK}" ON {ROWS} FOR SELECT TO "{role}" USING (tenant = {tenant})'
    sql(hosts, action.historian, statement)


PERMIT = """
set -eu
file=$1; shift
kept=$(mktemp "$file.XXXXXX")
sed '/^# bulkhead-attack begin$/,/^# bulkhead-attack end$/d' "$file" > "$kept"
if [ $# -gt 0 ]; then
    printf '%s\\n' '# bulkhead-attack begin' "$@" '# bulkhead-attack end' >> "$kept"
fi
chown --reference="$file" "$kept"; chmod --reference="$file" "$kept"
mv "$kept" "$file"
systemctl reload "$RELOAD"
"""


def _permit(hosts: Hosts, broker: str, lines: Sequence[str]) -> None:
    """Write these lines, and no other of ours, at the end of the broker's ACL, and reload it."""
    tenant = hosts.planned(broker).tenant
    file = str(BROKERS / f"{tenant}.acl")
    command = ["env", f"RELOAD=mosquitto@{tenant}.service", "sh", "-c", PERMIT, "sh", file, *lines]
    hosts.run(broker, command)


def sql(hosts: Hosts, historian: str, statement: str) -> str:
    """Run a statement as the historian's administrator; its one value."""
    psql = [
        "psql",
        "--no-psqlrc",
        "--quiet",
        "--tuples-only",
        "--no-align",
        "-v",
        "ON_ERROR_STOP=1",
    ]
    command = ["runuser", "-u", "postgres", "--", *psql, "-d", DATABASE]
    return hosts.run(historian, command, stdin=statement + ";\n").strip()


def quoted(text: str) -> str:
    """A text as SQL writes it."""
    return "'" + text.replace("'", "''") + "'"
