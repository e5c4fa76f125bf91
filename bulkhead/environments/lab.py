"""`lab`: an estate on this machine, stood up, changed and taken away."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bulkhead.environments.doctor import checks
from bulkhead.environments.locking import locked
from bulkhead.environments.raising import Raising, Result
from bulkhead.errors import MissingHere, Problem, WrongInput
from bulkhead.plan import Plan, canonical

if TYPE_CHECKING:
    from bulkhead.environments.standing import Standing

Say = Callable[[str], None]


class Lab:
    """The lab in one state directory; `project_state` is the `.bulkhead` that holds it."""

    def __init__(self, project_state: Path) -> None:
        self.state = project_state / "lab"

    def up(self, plan: Plan, *, say: Say, refresh: bool, preview: bool) -> Result:
        """Stand the plan up, or change what stands; with `preview`, only say what would change."""
        self._require_machine()
        from infra.lab.tools import PULUMI, ensure

        with locked(self.state / "up.lock", "up"):
            self._end_orphans()
            command = ensure(PULUMI, say)
            standing = self._region(plan, say)
            engine = self._engine(command, standing)
            raising = Raising(plan, engine, say, refresh=refresh)
            if preview:
                return raising.preview()
            result = raising.raise_up()
            (self.state / "plan.json").write_bytes(canonical(plan))
            result.hosts = sum(row.running for row in standing.deployed().interfaces)
            result.endpoint = standing.info.endpoint
            return result

    def down(self) -> bool:
        """Remove the region, its hosts and its state; whether there was anything."""
        if not self.state.exists():
            return False
        from infra.lab.region import launch

        with locked(self.state / "up.lock", "down"):
            self._end_orphans()
            launch.stop(self.state, forget=True)
            shutil.rmtree(self.state)
        return True

    def standing(self) -> "Standing":
        """The lab that runs here; MissingHere if none does."""
        found = self._found()
        if found is None:
            raise MissingHere(
                Problem(
                    where=str(self.state),
                    what="no lab runs here",
                    remedy="bulkhead up ESTATE --env lab; or name another --state",
                )
            )
        return found

    def variables(self) -> dict[str, str]:
        """Variables with which the `pulumi` and `aws` commands see this lab."""
        from infra.lab.tools import PULUMI, find

        standing = self.standing()
        command = find(PULUMI)
        if command is None:
            raise MissingHere(Problem(where="engine", what="not built yet", remedy="bulkhead up"))
        target = standing.target()
        return {
            **self._engine(command, standing).environment(),
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

    def _engine(self, command: Path, standing: "Standing") -> Any:
        from infra.lab.provider.install import install
        from infra.program.engine import Engine

        install(self._home)
        return Engine(self.state / "pulumi", command, standing.target(), self._home)

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
