"""What an exercise is made of fits together, or is said not to."""

from dataclasses import replace

import pytest
from rehearsal import EXERCISE

from bulkhead.drill.exercise import faults
from simulator import drills

FIRST = EXERCISE.objectives[0]


def test_an_exercise_that_fits_together_has_no_faults():
    assert faults(EXERCISE) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"objectives": ()}, "it has no objective"),
        ({"objectives": (*EXERCISE.objectives, FIRST)}, "two of its objectives are O1"),
        ({"injects": EXERCISE.injects[:1] * 2}, "two of its injects are 2"),
        ({"deadlines": EXERCISE.deadlines[:2]}, "nothing measures O2"),
        ({"injects": (replace(EXERCISE.injects[0], objective="O9"),)}, "'O9' is no objective"),
    ],
)
def test_what_does_not_fit_is_named(change, said):
    assert any(said in one for one in faults(replace(EXERCISE, **change)))


def test_every_drills_exercise_fits_together(plan):
    found = {name: faults(kind(plan, None).exercise) for name, kind in drills.catalogue().items()}
    assert {name: said for name, said in found.items() if said} == {}
