"""The cache: an image is whole or is not there, and two processes never bake at once."""

import json
import threading

import pytest

from bulkhead.errors import BulkheadError
from infra.lab.image import store


class Bench:
    """The store with bakes that only write files; `fails` breaks the next one in its middle."""

    def __init__(self):
        self.bakes, self.fails, self.digest = 0, False, "a" * 64
        self.said = []
        self.wait = threading.Event()
        self.wait.set()

    def build(self, root, *_):
        root.mkdir()
        (root / "base").write_text("base")

    def install(self, _project, root, *_):
        self.bakes += 1
        (root / "half").write_text("half")
        self.wait.wait(10)
        if self.fails:
            raise BulkheadError()


@pytest.fixture
def bench(monkeypatch, tmp_path):
    made = Bench()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(store.os, "geteuid", lambda: 0)
    monkeypatch.setattr(store.sources, "mirror", lambda: None)
    monkeypatch.setattr(store.base, "build", made.build)
    monkeypatch.setattr(store.base, "first_boot", lambda *_: None)
    monkeypatch.setattr(store.bake, "install", made.install)
    monkeypatch.setattr(store.bake, "packages", lambda _root: ["systemd=252"])
    monkeypatch.setattr(store.recipe, "digest", lambda *_: made.digest)
    monkeypatch.setattr(store, "_flush", lambda _folder: None)
    return made


def test_it_is_baked_once_and_found_afterwards(bench):
    assert store.find() is None
    image = store.ensure(bench.said.append)
    assert store.find() == image == store.ensure(bench.said.append)
    assert bench.bakes == 1
    assert (image.root / "half").exists()
    assert image.id.startswith("ami-")
    assert len(image.id) == 21
    assert int(image.id[4:], 16) >= 0
    assert bench.said[-1] == f"image: {image.id}"


def test_another_recipe_or_other_packages_give_another_id(bench, monkeypatch):
    one = store.ensure(bench.said.append)
    bench.digest = "b" * 64
    two = store.ensure(bench.said.append)
    bench.digest = "c" * 64
    monkeypatch.setattr(store.bake, "packages", lambda _root: ["systemd=253"])
    three = store.ensure(bench.said.append)
    assert len({one.id, two.id, three.id}) == 3


def test_an_interrupted_bake_leaves_nothing_that_is_taken_for_an_image(bench):
    bench.fails = True
    with pytest.raises(BulkheadError):
        store.ensure(bench.said.append)
    assert store.find() is None
    assert store.known() == {}
    bench.fails = False
    image = store.ensure(bench.said.append)
    assert store.known() == {image.id: image.root}
    assert not list(store.cache().glob("draft-*"))


def test_two_at_once_bake_one_image(bench):
    bench.wait.clear()
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(store.ensure(bench.said.append)))
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    bench.wait.set()
    for thread in threads:
        thread.join(20)
    assert len(found) == 2
    assert found[0] == found[1]
    assert bench.bakes == 1


def test_old_images_go_but_for_the_last_one_and_those_in_use(bench, monkeypatch):
    images = {}
    used = []
    monkeypatch.setattr(store, "_used", lambda place: place.name in used)
    for letter in "abcd":
        bench.digest = letter * 64
        images[letter] = store.ensure(bench.said.append)
        used[:] = ["a" * 64]
    kept = set(store.known())
    assert kept == {images[letter].id for letter in "acd"}


def test_a_note_that_is_torn_is_no_image(bench):
    image = store.ensure(bench.said.append)
    note = image.root.parent / store.NOTE
    note.write_text(json.dumps({"id": image.id})[:-3])
    assert store.find() is None


def test_without_root_it_says_so(bench, monkeypatch):
    monkeypatch.setattr(store.os, "geteuid", lambda: 1000)
    with pytest.raises(BulkheadError, match="root"):
        store.ensure(bench.said.append)
