"""Catalogues: found where they are declared, refused with what there is."""

import sys
import textwrap

import pytest

from bulkhead.errors import WrongInput
from simulator import attacks, drills
from simulator.catalogue import chosen, declared


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package `made` with modules by path, each declaring an ENTRY by name."""

    def make(**modules):
        for place, name in modules.items():
            path = tmp_path.joinpath("made", *place.split("__")).with_suffix(".py")
            path.parent.mkdir(parents=True, exist_ok=True)
            for folder in {path.parent, tmp_path / "made"}:
                (folder / "__init__.py").touch()
            body = f"class ENTRY:\n    class about:\n        name = {name!r}\n" if name else ""
            path.write_text(textwrap.dedent(body))
        monkeypatch.syspath_prepend(tmp_path)
        for known in [one for one in sys.modules if one.split(".")[0] == "made"]:
            monkeypatch.delitem(sys.modules, known)
        import made

        return made

    yield make
    for known in [one for one in sys.modules if one.split(".")[0] == "made"]:
        del sys.modules[known]


def test_every_declared_entry_is_found_at_its_depth_alone(package):
    made = package(b="second", a="first", helper="", deep__c="deeper")
    assert list(declared(made, "ENTRY", depth=1)) == ["first", "second"]
    assert list(declared(made, "ENTRY", depth=2)) == ["deeper"]


def test_two_of_one_name_are_an_error(package):
    with pytest.raises(ValueError, match="two are called same"):
        declared(package(a="same", b="same"), "ENTRY", depth=1)


def test_an_unknown_name_is_refused_with_the_nearest():
    with pytest.raises(WrongInput, match=r"(?s)no such drill.*rehearsal"):
        chosen({"rehearsal": 1, "other": 2}, "rehersal", "drill")
    assert chosen({"rehearsal": 1}, "rehearsal", "drill") == 1


def test_each_of_ours_says_what_its_catalogue_needs():
    for entry in (*attacks.catalogue().values(), *drills.catalogue().values()):
        assert entry.about.title
        assert entry.about.needs
        assert entry.about.most > 0
        assert entry.about.longest > 0
