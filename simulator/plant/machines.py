"""The machines of a plan: what their assets' attributes say of bearings and speeds."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from bulkhead.plan import Asset, Plan
from simulator.plant.bearings import named
from simulator.plant.commands import Command
from simulator.plant.kinds import Kind, kind_of
from simulator.plant.spindle import Spindle


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """A machine. site: e.g. `acme/lyon`. name: short, as gateways use it, e.g. `mill-1`.

    behind: id of the host (gateway or PLC) that speaks for it.
    """

    site: str
    name: str
    behind: str
    kind: Kind
    spindles: tuple[Spindle, ...]

    def commanded(self, commands: Sequence[Command]) -> "Machine":
        """The same machine under these commands alone; other machines' are left out."""
        own = [one for one in commands if (one.site, one.device) == (self.site, self.name)]
        own.sort(key=lambda one: one.at)
        told = tuple(replace(spindle, commands=tuple(own)) for spindle in self.spindles)
        return replace(self, spindles=told)


def machines(plan: Plan, seed: int) -> Iterator[Machine]:
    """All machines, by site and name. WrongInput for a bearing whose geometry is not known."""
    for asset in sorted(plan.assets, key=lambda one: one.id):
        spindles = tuple(_spindles(asset, seed))
        if spindles:
            yield Machine(
                site=asset.site,
                name=_short(asset),
                behind=asset.behind,
                kind=kind_of(asset.kind),
                spindles=spindles,
            )


def _short(asset: Asset) -> str:
    return asset.id.removeprefix(f"{asset.site}/")


def _spindles(asset: Asset, seed: int) -> Iterator[Spindle]:
    written = dict(asset.attributes)
    for key in sorted(written):
        number, _, what = key.partition(".")
        if what != "bearing":
            continue
        yield Spindle(
            seed=seed,
            name=(asset.site, _short(asset), number),
            kind=kind_of(asset.kind),
            bearing=named(written[key], where=f"{asset.id} {number}"),
            speed_rpm=int(written[f"{number}.speed_rpm"]),
        )
