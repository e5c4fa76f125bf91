"""`lab`: an estate on this machine, stood up, changed and taken away."""

import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bulkhead.environments.buckets import buckets
from bulkhead.environments.delivering import deliver
from bulkhead.environments.doctor import checks
from bulkhead.environments.filters import over_ssh, planned_filters
from bulkhead.environments.locking import locked
from bulkhead.environments.machines import PLAN, Machines
from bulkhead.environments.raising import Raising, Result
from bulkhead.errors import MissingHere, Problem, WrongInput
from bulkhead.network.deployed import Deployed
from bulkhead.network.filters import Filters
from bulkhead.plan import Plan, canonical
from bulkhead.plan.restored import restored
from bulkhead.trust.local import local
from infra.inventory.site import Entry, Kind, Site, kind_of, lab_entry, remember
from infra.inventory.site import lab as lab_site
from infra.ssh import keys
from infra.ssh.room import Room

if TYPE_CHECKING:
    from bulkhead.environments.standing import Standing
    from infra.program.target import Target

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Of one `up`. refresh: first look for what was changed around us. preview: change nothing.

    hosts: `machines` or `bare`; None for what this lab has. configure: once machines have booted.
    emergency: why hosts may be replaced outside of their tenants' maintenance windows.
    """

    refresh: bool = False
    preview: bool = False
    hosts: Kind | None = None
    configure: bool = True
    emergency: str | None = None


class Lab:
    """The lab in one state directory; `project_state` is the `.bulkhead` that holds it."""

    def __init__(self, project_state: Path) -> None:
        self.state = project_state / "lab"

    def up(self, plan: Plan, *, say: Say, options: Options) -> Result:
        """Stand the plan up, or change what stands; then boot and configure its machines."""
        from infra.specs.project import made_by_us

        made_by_us(plan)
        self._require_machine()
        from infra.lab.tools import PULUMI, ensure

        with locked(self.state / "up.lock", "up"):
            self._end_orphans()
            kind = self.chosen(options.hosts)
            command = ensure(PULUMI, say)
            image = self._image(kind, say, preview=options.preview)
            standing = self._region(plan, say)
            engine = self._engine(command, standing.target(plan, image, self._ssh_key(kind)))
            raising = Raising(
                plan, engine, say, refresh=options.refresh, emergency=options.emergency
            )
            if options.preview:
                return raising.preview(self._raised())
            remember(self.state, kind)
            result = raising.raise_up(self._raised())
            (self.state / PLAN).write_bytes(canonical(plan))
            result.hosts = sum(row.running for row in standing.deployed().interfaces)
            result.endpoint = standing.info.endpoint
            if kind == "machines":
                self._machines(say, result, configure=options.configure)
            return result

    def down(self) -> bool:
        """Remove the region, its hosts and its state; whether there was anything."""
        if not self.state.exists():
            return False
        from infra.lab.region import launch

        with locked(self.state / "up.lock", "down"):
            self._end_orphans()
            launch.stop(self.state, forget=True)
            Room(self.state / "ssh").close()
            shutil.rmtree(self.state)
        return True

    @property
    def kind(self) -> Kind | None:
        """Which kind of hosts it has; None before its first `up`."""
        return kind_of(self.state)

    def site(self) -> Site:
        """The hosts that stand here and how they are entered; MissingHere if there are none."""
        return lab_site(self.state, self._plan())

    def _raised(self) -> Plan | None:
        """The plan of the last `up`; None before the first, and for one of another version."""
        try:
            return self._plan()
        except (MissingHere, KeyError, ValueError):
            return None

    def _plan(self) -> Plan:
        """The plan that stands."""
        path = self.state / PLAN
        if not path.exists():
            raise self._none()
        return restored(path.read_bytes())

    def entry(self) -> Entry:
        """The way into its machines; WrongInput where its hosts are bare, MissingHere if none."""
        plan = self._plan()
        if self.kind == "bare":
            raise WrongInput(
                Problem(
                    where=str(self.state),
                    what="the hosts of this lab are bare: networks in which nothing runs",
                    remedy="bulkhead down, then bulkhead up ESTATE --hosts machines",
                )
            )
        return lab_entry(self.state, plan)

    def status(self) -> dict[str, Any]:
        """What stands, for `bulkhead status --json`; of machines also how they are."""
        said = self.standing().status()
        said["hosts_kind"] = self.kind or "bare"
        if self.kind == "machines":
            from bulkhead.environments.health import health

            found = health(self.entry())
            for row in said["hosts"]:
                row["health"] = found.get(row["host"], "stopped")
        known = (self.state / PLAN).exists()
        said["buckets"] = buckets(self._plan(), said, self.state) if known else []
        return said

    def filters(self, plan: Plan, deployed: Deployed) -> tuple[Filters, Filters]:
        """The hosts' own packet filters as they tell them, and as the plan means them.

        Bare hosts are asked in their networks; nobody planned any filter for them.
        """
        standing = self.standing()
        if self.kind != "machines":
            return standing.filters(_nobody, deployed), {}
        with self.entry().shells() as shells:
            read = standing.filters(over_ssh(shells.run), deployed)
            return read, planned_filters(plan, deployed)

    def standing(self) -> "Standing":
        """The lab that runs here; MissingHere if none does."""
        found = self._found()
        if found is None:
            raise self._none()
        return found

    def _none(self) -> MissingHere:
        from infra.lab.region.state import read_info

        killed = read_info(self.state)  # one that ends in order takes this away
        if killed is not None:
            return MissingHere(
                Problem(
                    where=str(self.state),
                    what=f"the region of this lab (process {killed.pid}) was killed; "
                    "nothing passes between its hosts",
                    remedy="bulkhead up ESTATE --env lab starts it again as it was; "
                    "bulkhead down removes what is left of it",
                )
            )
        return MissingHere(
            Problem(
                where=str(self.state),
                what="no lab runs here",
                remedy="bulkhead up ESTATE --env lab; or name another --state",
            )
        )

    def variables(self) -> dict[str, str]:
        """Variables with which the `pulumi` and `aws` commands see this lab."""
        from infra.lab.tools import PULUMI, find

        standing = self.standing()
        command = find(PULUMI)
        if command is None:
            raise MissingHere(Problem(where="engine", what="not built yet", remedy="bulkhead up"))
        target = standing.target()
        return {
            **self._engine(command, target).environment(),
            "AWS_ENDPOINT_URL": standing.info.endpoint,
            "AWS_ACCESS_KEY_ID": str(target.access_key),
            "AWS_SECRET_ACCESS_KEY": str(target.secret_key),
            "AWS_DEFAULT_REGION": standing.info.region,
        }

    def _found(self) -> "Standing | None":
        if not self.state.exists():
            return None
        from bulkhead.environments.standing import Standing
        from infra.lab.region import launch

        info = launch.running(self.state)
        return Standing(info) if info else None

    def _engine(self, command: Path, target: "Target") -> Any:
        from infra.lab.provider.install import install
        from infra.program.engine import Engine

        install(self._home)
        return Engine(self.state / "pulumi", command, target, self._home)

    def chosen(self, asked: Kind | None) -> Kind:
        """The kind of hosts that this lab has, or shall have; WrongInput if it has another one."""
        known = self.kind
        if known and asked and asked != known:
            raise WrongInput(
                Problem(
                    where="--hosts",
                    what=f"the hosts of this lab are {known}, and stay so while it stands",
                    allowed=known,
                    remedy="bulkhead down, then up again; or name another --state",
                )
            )
        return known or asked or "machines"

    def _image(self, kind: Kind, say: Say, *, preview: bool) -> str:
        """The id of the image that hosts are made of; baked if need be, but not by a preview."""
        from infra.specs.images import BARE

        if kind == "bare":
            return BARE
        from infra.lab.image import ensure, find

        if not preview:
            return ensure(say).id
        found = find()
        return found.id if found else "an image that is still to be baked"

    def _ssh_key(self, kind: Kind) -> str | None:
        if kind == "bare":
            return None
        authority = local(self.state / "trust").ssh_users()
        return keys.provisioning(Room(self.state / "ssh"), authority)

    def _machines(self, say: Say, result: Result, *, configure: bool) -> None:
        machines = Machines(self.site(), say)
        started = time.monotonic()
        machines.await_all()
        result.booted = time.monotonic() - started
        if configure:
            started = time.monotonic()
            result.changed = sum(1 for count in machines.configure().changed.values() if count)
            result.configured = time.monotonic() - started
            deliver(machines.site)

    @property
    def _home(self) -> Path:
        return self.state / "pulumi" / "home"

    def _end_orphans(self) -> None:
        """End what a killed command left running; we hold the lock, so no other command works."""
        from infra.program.orphans import end_orphans

        end_orphans(self._home)

    def _region(self, plan: Plan, say: Say) -> "Standing":
        found = self._found()
        if found is None:
            from bulkhead.environments.standing import Standing
            from infra.lab.region import launch

            say("starting the region: AWS API, network, hosts")
            return Standing(launch.start(self.state, plan.region))
        if found.info.region != plan.region:
            raise WrongInput(
                Problem(
                    where="region",
                    what=f"the blueprint says {plan.region}, this lab is {found.info.region}",
                    remedy="bulkhead down, then up again",
                )
            )
        return found

    def _require_machine(self) -> None:
        missing = [row for row in checks("lab") if row.needed and not row.found]
        if missing:
            raise MissingHere(
                *(
                    Problem(where="lab", what=f"{row.part} is missing", remedy=row.remedy)
                    for row in missing
                )
            )


def _nobody(host: str, _command: Sequence[str]) -> str:
    """An Ask where there are no machines."""
    raise OSError(f"{host} is no machine")
