"""The claims that every resource type keeps, written once."""

import grpc
import pytest
from provider_cases import CASES, nowhere, world
from provider_stand_in import urn

from infra.lab.provider import types, wire
from infra.lab.provider.catalogue import catalogue

everything = pytest.mark.parametrize("case", CASES, ids=str)
can_update = pytest.mark.parametrize("case", [c for c in CASES if c.update], ids=str)
can_be_replaced = pytest.mark.parametrize("case", [c for c in CASES if c.replace], ids=str)
can_vanish = pytest.mark.parametrize("case", [c for c in CASES if c.vanish], ids=str)


def changed(props, change):
    return {name: value for name, value in {**props, **change}.items() if value is not None}


def test_every_type_has_a_case():
    assert sorted(case.token for case in CASES) == types.tokens()


@everything
def test_created_it_answers_what_was_asked_and_stays_the_same(region, engine, case):
    w = world(region)
    made = engine.up(case.token, "one", case.props(w))
    assert made.id
    for name, value in case.props(w).items():
        assert made.state[name] == value, name
    engine.up(case.token, "one", case.props(w))
    assert engine.refresh(case.token, "one").id == made.id
    engine.up(case.token, "one", case.props(w))
    assert engine.steps == ["create", "same", "same"]


@everything
def test_every_output_is_one_that_the_sdk_knows_and_computed_ones_are_answered(
    region, engine, case
):
    made = engine.up(case.token, "one", case.props(world(region)))
    assert set(made.state) <= set(catalogue()[case.token]["outputs"])
    type_ = types.type_of(case.token)
    assert set(type_.outputs) <= set(made.state)


@can_update
def test_a_change_in_place_changes_that_and_nothing_again(region, engine, case):
    w = world(region)
    first = engine.up(case.token, "one", case.props(w)).id
    props = changed(case.props(w), case.update(w))
    after = engine.up(case.token, "one", props)
    assert after.id == first
    engine.up(case.token, "one", props)
    fresh = engine.refresh(case.token, "one")
    engine.up(case.token, "one", props)
    assert engine.steps == ["create", "update", "same", "same"]
    for name, value in case.update(w).items():
        if value is not None:
            assert fresh.state[name] == value, name


@can_be_replaced
def test_a_change_that_cannot_be_made_in_place_leaves_the_new_one_alone(region, engine, case):
    w = world(region)
    engine.up(case.token, "one", case.props(w))
    there = region.census()
    props = changed(case.props(w), case.replace(w))
    expected = region.census()
    engine.up(case.token, "one", props)
    assert engine.steps[-1] == "replace"
    assert engine.refresh(case.token, "one") is not None
    engine.up(case.token, "one", props)
    assert engine.steps[-1] == "same"
    if not case.forgets:
        assert region.census() == there == expected


@can_vanish
def test_deleted_outside_it_is_seen_as_gone_and_made_again(region, engine, case):
    w = world(region)
    made = engine.up(case.token, "one", case.props(w))
    there = region.census()
    case.vanish(w, made.id)
    assert engine.refresh(case.token, "one") is None
    engine.up(case.token, "one", case.props(w))
    assert engine.steps == ["create", "create"]
    assert region.census() == there


@everything
def test_deleted_it_leaves_what_was_there_before(region, engine, case):
    w = world(region)
    before = region.census()
    engine.up(case.token, "one", case.props(w))
    with_it = region.census()
    engine.destroy(case.token, "one")
    assert region.census() == (with_it if case.forgets else before)


@everything
def test_imported_by_its_id_it_is_the_same(region, engine, start, case):
    w = world(region)
    made = engine.up(case.token, "one", case.props(w))
    other = start()
    imported = other.take(case.token, "one", case.import_id(w, made.id))
    assert imported.id == made.id
    other.up(case.token, "one", case.props(w))
    assert other.steps == ["update" if case.unsaid else "same"]


@can_vanish
def test_deleting_what_is_gone_already_is_no_error(region, engine, case):
    w = world(region)
    made = engine.up(case.token, "one", case.props(w))
    case.vanish(w, made.id)
    engine.destroy(case.token, "one")


@everything
def test_a_preview_makes_nothing_and_does_not_pretend_to_know(region, engine, case):
    w = world(region)
    before = region.census()
    name = urn(case.token, "one")
    inputs = engine.checked(name, case.props(w))
    answer = engine.create(name, inputs, preview=True)
    shown = wire.load(answer.properties)[0]
    assert not answer.id
    assert region.census() == before
    for output in types.type_of(case.token).outputs:
        assert shown[output] is wire.UNKNOWN
    for given, value in case.props(w).items():
        assert shown[given] == value


@can_update
def test_a_preview_of_a_change_changes_nothing(region, engine, case):
    w = world(region)
    made = engine.up(case.token, "one", case.props(w))
    name = urn(case.token, "one")
    inputs = engine.checked(name, changed(case.props(w), case.update(w)), made.inputs)
    engine.update(name, inputs, preview=True)
    assert engine.refresh(case.token, "one").state == made.state


@everything
def test_what_is_not_known_yet_is_accepted_in_a_preview(engine, case):
    props = dict.fromkeys(case.props(nowhere()), wire.UNKNOWN)
    name = urn(case.token, "one")
    inputs = engine.checked(name, props)
    assert engine.create(name, inputs, preview=True).properties is not None


@everything
def test_killed_after_the_call_and_before_the_answer_it_is_found_again(region, start, case):
    w = world(region)
    reference = start()
    reference.up(case.token, "one", case.props(w))
    there = region.census()
    reference.destroy(case.token, "one")

    victim = start(f"{case.token}@made")
    with pytest.raises(grpc.RpcError) as death:
        victim.up(case.token, "one", case.props(w))
    assert death.value.code() == grpc.StatusCode.UNAVAILABLE

    engine = start()
    engine.up(case.token, "one", case.props(w))
    assert region.census() == there
    engine.up(case.token, "one", case.props(w))
    assert engine.steps == ["create", "same"]


@everything
def test_a_property_that_is_not_implemented_is_refused_by_name(engine, case):
    known = set(catalogue()[case.token]["inputs"])
    props = case.props(nowhere())
    for name in known - set(types.type_of(case.token).props):
        answer = engine.check(urn(case.token, "one"), {**props, name: "x"})
        assert [failure.property for failure in answer.failures] == [name]
        assert f"{case.token}: `{name}`: the lab's provider does not" in answer.failures[0].reason


@everything
def test_a_required_property_that_is_missing_is_named(engine, case):
    for name in catalogue()[case.token]["required"]:
        props = {k: v for k, v in case.props(nowhere()).items() if k != name}
        answer = engine.check(urn(case.token, "one"), props)
        assert name in [failure.property for failure in answer.failures]
