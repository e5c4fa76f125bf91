"""Published run-to-failure lives of bearings, and what they say of the life of another one.

Both rigs wear bearings out in hours by loads near their dynamic rating C. ISO 281 carries a life
over to another load: L10 = (C/P)^3 million revolutions; what is drawn from the tables is
therefore each bearing's life as a multiple of its own L10.
"""

from dataclasses import dataclass

from simulator.plant.bearings import Part


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """One bearing that was run until it failed.

    rpm, load_kn: how it was run. rating_kn: C of its model. seconds: how long it lasted.
    parts: what had failed, where that is published.
    """

    bearing: str
    rpm: int
    load_kn: float
    rating_kn: float
    seconds: float
    parts: tuple[Part, ...] = ()

    @property
    def of_l10(self) -> float:
        """Its revolutions as a multiple of L10."""
        revolutions = self.rpm / 60 * self.seconds
        return revolutions / 1e6 / l10(self.rating_kn / self.load_kn)


def l10(rating_over_load: float) -> float:
    """Millions of revolutions that nine of ten ball bearings reach (ISO 281), from C/P."""
    return rating_over_load**3


def l10_hours(rating_over_load: float, rpm: float) -> float:
    """The same in hours at a speed."""
    return l10(rating_over_load) * 1e6 / (60 * rpm)


def _xjtu(rpm: int, load_kn: float, *lasted: tuple[float, tuple[Part, ...]]) -> list[Life]:
    first = {2100: 1, 2250: 2, 2400: 3}[rpm]
    return [
        Life(
            bearing=f"{first}_{number}",
            rpm=rpm,
            load_kn=load_kn,
            rating_kn=12.82,
            seconds=minutes * 60,
            parts=parts,
        )
        for number, (minutes, parts) in enumerate(lasted, 1)
    ]


def _femto(bearing: str, rpm: int, load_kn: float, seconds: float) -> Life:
    return Life(bearing=bearing, rpm=rpm, load_kn=load_kn, rating_kn=4.0, seconds=seconds)


_OUTER: tuple[Part, ...] = ("outer",)
_INNER: tuple[Part, ...] = ("inner",)
_CAGE: tuple[Part, ...] = ("cage",)
XJTU_SY: tuple[Life, ...] = (
    *_xjtu(
        *(2100, 12.0),
        *((123, _OUTER), (161, _OUTER), (158, _OUTER), (122, _CAGE), (52, ("inner", "outer"))),
    ),
    *_xjtu(
        *(2250, 11.0),
        *((491, _INNER), (161, _OUTER), (533, _CAGE), (42, _OUTER), (339, _OUTER)),
    ),
    *_xjtu(
        *(2400, 10.0),
        *((2538, _OUTER), (2496, ("outer", "inner", "ball", "cage")), (371, _INNER)),
        *((1515, _INNER), (114, _OUTER)),
    ),
)
"""B. Wang, Y. Lei, N. Li, N. Li, "A hybrid prognostics approach for estimating remaining useful
life of rolling element bearings", IEEE Trans. Reliability 69(1), 2020: LDK UER204, C 12.82 kN."""

FEMTO: tuple[Life, ...] = (
    _femto("1_1", 1800, 4.0, 28_030),
    _femto("1_2", 1800, 4.0, 8_710),
    _femto("2_1", 1650, 4.2, 9_110),
    _femto("2_2", 1650, 4.2, 7_970),
    _femto("3_1", 1500, 5.0, 5_150),
    _femto("3_2", 1500, 5.0, 16_370),
)
"""P. Nectoux et al., "PRONOSTIA: an experimental platform for bearings accelerated degradation
tests", IEEE PHM 2012, the learning set: NSK 6804RS, C 4 kN; which part failed is not published."""

LIVES = (*XJTU_SY, *FEMTO)
"""All from which a life is drawn, each as likely."""
