"""How machines are: what their own systemd says, asked over SSH."""

from collections.abc import Mapping

from bulkhead.errors import BulkheadError
from infra.inventory.site import Entry
from infra.ssh.shells import Ran

ASK = [
    "sh",
    "-c",
    "systemctl is-system-running; systemctl list-units --failed --no-legend --plain; "
    "test ! -e /etc/bulkhead/converged || echo configured",
]
PATIENCE = 15.0


def health(entry: Entry) -> Mapping[str, str]:
    """One or a few words for each host, e.g. `running, configured`, or why it cannot be asked."""
    names = [row.host for row in entry.hosts]
    with entry.shells() as shells:
        said = shells.every(names, ASK, PATIENCE)
    return {host: _words(answer) for host, answer in said.items()}


def _words(answer: Ran | BulkheadError) -> str:
    if isinstance(answer, BulkheadError):
        return answer.problems[0].what
    state, *rest = answer.out.splitlines() or ["it says nothing"]
    configured = "configured" if "configured" in rest else "not configured"
    failed = [line.split()[0] for line in rest if line != "configured"]
    return ", ".join([state, configured, *(f"failed: {unit}" for unit in failed)])
