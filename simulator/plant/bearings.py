"""Rolling bearings: their geometry, and how often a defect of each part strikes per revolution.

Formulas for a fixed outer ring and no slip: T. A. Harris, "Rolling Bearing Analysis", or
R. B. Randall and J. Antoni, "Rolling element bearing diagnostics: a tutorial", MSSP 25 (2011).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from bulkhead.errors import Problem, WrongInput

Part = Literal["outer", "inner", "ball", "cage"]
PARTS: tuple[Part, ...] = ("outer", "inner", "ball", "cage")
"""What may be damaged, in the order BPFO, BPFI, BSF, FTF."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frequencies:
    """How often a defect strikes: per revolution, or in Hz once multiplied by the shaft's rate.

    bpfo, bpfi: a roller passes a spot of the outer, of the inner ring. bsf: a roller's own spin.
    ftf: the cage's revolution.
    """

    bpfo: float
    bpfi: float
    bsf: float
    ftf: float

    def at(self, shaft_hz: float) -> "Frequencies":
        """The same in Hz, for a shaft rate in revolutions per second."""
        return Frequencies(
            bpfo=self.bpfo * shaft_hz,
            bpfi=self.bpfi * shaft_hz,
            bsf=self.bsf * shaft_hz,
            ftf=self.ftf * shaft_hz,
        )

    def of(self, part: Part) -> float:
        """The one that belongs to a part."""
        return {"outer": self.bpfo, "inner": self.bpfi, "ball": self.bsf, "cage": self.ftf}[part]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bearing:
    """A model of bearing. `per_revolution`: its defect frequencies as multiples of shaft rate."""

    name: str
    rollers: int
    per_revolution: Frequencies
    source: str


def by_geometry(rollers: int, roller: float, pitch: float, angle_deg: float = 0.0) -> Frequencies:
    """Multiples of shaft rate from number of rollers, both diameters (any one unit) and angle."""
    ratio = roller / pitch * math.cos(math.radians(angle_deg))
    return Frequencies(
        bpfo=rollers / 2 * (1 - ratio),
        bpfi=rollers / 2 * (1 + ratio),
        bsf=pitch / (2 * roller) * (1 - ratio**2),
        ftf=(1 - ratio) / 2,
    )


def by_multipliers(bpfo: float, bpfi: float) -> tuple[int, Frequencies]:
    """Number of rollers, and all four, from the two published ones of a bearing without angle.

    BPFO + BPFI is the number of rollers, and their difference the ratio of diameters.
    """
    rollers = round(bpfo + bpfi)
    ratio = (bpfi - bpfo) / rollers
    spin = (1 - ratio**2) / (2 * ratio)
    return rollers, Frequencies(bpfo=bpfo, bpfi=bpfi, bsf=spin, ftf=bpfo / rollers)


_SKF_ROLLERS, _SKF = by_multipliers(bpfo=3.5848, bpfi=5.4152)
BEARINGS: Mapping[str, Bearing] = MappingProxyType(
    {
        bearing.name: bearing
        for bearing in (
            Bearing(
                name="Rexnord ZA-2115",
                rollers=16,
                per_revolution=by_geometry(16, 0.331, 2.815, 15.17),
                source="IMS bearing data (NASA Prognostics Center): 16 rollers, 0.331 in on "
                "2.815 in, 15.17 degrees",
            ),
            Bearing(
                name="SKF 6205-2RS",
                rollers=_SKF_ROLLERS,
                per_revolution=_SKF,
                source="Case Western Reserve University Bearing Data Center: multiples of "
                "running speed, drive end",
            ),
            Bearing(
                name="LDK UER204",
                rollers=8,
                per_revolution=by_geometry(8, 7.92, 34.55),
                source="XJTU-SY bearing data (Wang, Lei, Li, Li, IEEE Trans. Reliability 69, "
                "2020): 8 balls, 7.92 mm on 34.55 mm",
            ),
            Bearing(
                name="NSK 6804RS",
                rollers=13,
                per_revolution=by_geometry(13, 3.5, 25.6),
                source="FEMTO/PRONOSTIA (Nectoux et al., IEEE PHM 2012): 13 balls, 3.5 mm on "
                "25.6 mm",
            ),
        )
    }
)
"""The bearings whose geometry is published and known here, by the name that a blueprint uses."""


def named(name: str, where: str) -> Bearing:
    """The bearing of that name; WrongInput with those that there are."""
    if name in BEARINGS:
        return BEARINGS[name]
    raise WrongInput(
        Problem(
            where=where,
            what=f"the geometry of bearing {name!r} is not known",
            allowed=", ".join(sorted(BEARINGS)),
            remedy="name one of these in the blueprint, or add its geometry to "
            "simulator/plant/bearings.py",
        )
    )
