"""How long people take to answer, as a lognormal distribution by what is asked and of whom.

Published:
- Median and spread of a decision (`approve`, operator) are those of the nominal diagnosis model
  of THERP (A. D. Swain, H. E. Guttmann, NUREG/CR-1278, 1983, table 20-3): of crews in a control
  room a tenth have not diagnosed an event after 10 minutes, a hundredth after 20 minutes.
- Lognormal times are the usual model of human response there (NUREG/CR-1278; G. W. Hannaman et
  al., "Human cognitive reliability model", NUS-4531, 1984).
- An alarm that needs an answer within 5 minutes is among the most urgent by ANSI/ISA-18.2 and
  EEMUA 191, which count on an operator for about one alarm in 10 minutes: the medians of
  `acknowledge` by operators lie below that, those of people who are called in lie above.
- At night shifts accidents are about 30 % more frequent than in the morning (S. Folkard,
  P. Tucker, "Shift work, safety and productivity", Occupational Medicine 53, 2003).

Assumed: all other medians and spreads of the table; that what is 30 % more frequent is also 30 %
slower; the hours of shifts. Nobody measured the people of a blueprint.
"""

import math
from dataclasses import dataclass

import numpy as np

from bulkhead.drill.people import Answer
from simulator.plant.chance import generator

SHIFTS = (("morning", 6), ("late", 14), ("night", 22))
"""Shifts by the hour of the plant's day at which they begin."""
NIGHT = 1.3
"""How much longer an answer takes at night."""


@dataclass(frozen=True, slots=True)
class Pace:
    """A lognormal distribution. median: seconds. sigma: standard deviation of its logarithm."""

    median: float
    sigma: float

    def quantile(self, z: float) -> float:
        """Seconds at a standard normal value: 0 is the median, 1.2816 what 90 % do not exceed."""
        return self.median * math.exp(self.sigma * z)


_SIGMA = math.log(1200 / 600) / (2.3263 - 1.2816)
DIAGNOSIS = Pace(600 / math.exp(1.2816 * _SIGMA), _SIGMA)
"""THERP's nominal diagnosis: 90 % within 10 minutes, 99 % within 20; median 256 s."""
_CALLED_IN = Pace(300.0, 0.8)
_PACES: dict[tuple[Answer, str], Pace] = {
    ("acknowledge", "operator"): Pace(60.0, 0.7),
    ("acknowledge", "engineer"): Pace(180.0, 0.8),
    ("acknowledge", "support"): Pace(180.0, 0.8),
    ("acknowledge", "vendor"): Pace(900.0, 1.0),
    ("approve", "operator"): DIAGNOSIS,
    ("approve", "engineer"): Pace(360.0, 0.75),
    ("approve", "admin"): Pace(420.0, 0.8),
    ("approve", "vendor"): Pace(1800.0, 1.0),
}


def pace(role: str, kind: Answer) -> Pace:
    """How fast people of a role (of the plan's) answer; a role without a row is called in."""
    return _PACES.get((kind, role), _CALLED_IN)


def shift(at: float) -> str:
    """The shift at a time of the plant in seconds: morning, late or night."""
    hour = at % 86_400 / 3600
    begun = [name for name, start in SHIFTS if start <= hour]
    return begun[-1] if begun else "night"


def reaction(  # noqa: PLR0913 (what a draw depends on, each by itself)
    seed: int, who: str, role: str, kind: Answer, number: int, *, at: float | None = None
) -> float:
    """Seconds until a person has answered; the same arguments give the same ones.

    who: the person's id. number: which of their questions it is, from 0. at: when they were
    asked, in seconds of plant time; at night they take longer. Without it, by day.
    """
    z = float(generator(seed, ("people", who, role, kind), number).standard_normal())
    slower = NIGHT if at is not None and shift(at) == "night" else 1.0
    return float(np.round(pace(role, kind).quantile(z) * slower, 3))
