"""Nothing a file can contain ends in a traceback; each problem has its line and column."""

import contextlib
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml
from blueprint_cases import EXAMPLE, TODAY, data, edited, place_of, planned, refused, text_of
from hypothesis import given, settings
from hypothesis import strategies as st

from bulkhead.blueprint import expand, load, loads
from bulkhead.errors import WrongInput

BAD = Path(__file__).parent / "bad"
EXPECTED = {
    "empty.yaml": ("1:1", "the file is empty"),
    "comments.yaml": ("1:1", "the file is empty"),
    "alias-bomb.yaml": ("2:4", "anchor &a is not accepted"),
    "python-object.yaml": ("2:9", "python/object/apply:os.system is not accepted"),
    "python-name.yaml": ("2:9", "python/name:os.system is not accepted"),
    "custom-tag.yaml": ("1:9", "tag !estate is not accepted"),
    "merge-key.yaml": ("2:7", "anchor &base is not accepted"),
    "duplicate-key.yaml": ("3:1", "key `estate` is here a second time, first on line 1"),
    "two-documents.yaml": ("3:1", "a second document begins here"),
    "list-as-key.yaml": ("1:3", "a key is a list or a mapping"),
    "a-list.yaml": ("1:1", "the file is a list"),
    "a-word.yaml": ("1:1", "the file is 'estate' (text)"),
    "tab.yaml": ("2:1", "not YAML"),
    "unclosed.yaml": ("3:7", "not YAML"),
    "not-a-number.yaml": ("3:9", ".nan is not a number to plan with"),
    "infinity.yaml": ("3:9", "-.inf is not a number to plan with"),
    "too-many-digits.yaml": ("3:9", "number of 60 digits"),
    "overflow.yaml": ("3:9", "number 1e999 is too large"),
    "latin-1.yaml": ("1:11", "byte 0xe9 is not UTF-8"),
    "nul.yaml": ("1:10", "character U+0000 is not allowed"),
    "binary.yaml": ("1:1", "byte 0x89 is not UTF-8"),
    "escape-surrogate.yaml": ("1:12", "not YAML"),
}


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_known_bad_file_is_refused_in_its_place(name):
    place, says = EXPECTED[name]
    with pytest.raises(WrongInput) as raised:
        load(BAD / name, TODAY)
    first = raised.value.problems[0]
    assert first.where == f"{BAD / name}:{place}"
    assert says in first.what


def test_every_known_bad_file_has_its_expectation():
    assert {path.name for path in BAD.iterdir()} == set(EXPECTED)


def test_ten_megabytes_of_junk_are_refused_before_they_are_parsed(tmp_path):
    path = tmp_path / "junk.yaml"
    path.write_bytes(os.urandom(10 << 20))
    with pytest.raises(WrongInput, match="larger than 1048576 bytes"):
        load(path)


@pytest.mark.parametrize(("piece", "column"), [("[", 65), ("{a: ", 257), ("- ", 129)])
def test_a_depth_of_five_thousand_is_refused_at_level_65(piece, column):
    (problem,) = refused(piece * 5000)
    assert problem.what == "nested deeper than 64 levels"
    assert problem.where == f"estate.yaml:1:{column}"


@pytest.mark.parametrize(
    "filler", ["[", "&a [", "*a\n- ", "? - ", "a: {", "!!x ", "'", "\\", "- a\n"]
)
def test_a_megabyte_of_punctuation_is_refused_in_bounded_time(filler):
    started = time.process_time()
    problems = refused((filler * (1 << 20))[: 1 << 20])
    assert 1 <= len(problems) <= 41
    assert time.process_time() - started < 20


@settings(max_examples=150)
@given(st.binary(max_size=300))
def test_no_bytes_end_in_anything_but_wrong_input(raw):
    with pytest.raises(WrongInput):
        loads(raw)


@settings(max_examples=150)
@given(st.data())
def test_no_damaged_example_ends_in_anything_but_wrong_input_or_a_blueprint(data):
    raw = EXAMPLE.read_bytes()
    start = data.draw(st.integers(0, len(raw)))
    length = data.draw(st.integers(0, 40))
    patch = data.draw(
        st.binary(max_size=20) | st.sampled_from([b"null", b"[]", b"{}", b"0", b"a: b"])
    )
    with contextlib.suppress(WrongInput):
        loads(raw[:start] + patch + raw[start + length :], today=TODAY)


JUNK = [
    None,
    "",
    "x",
    "shared/x",
    "a b",
    "customer.admin",
    -1,
    0,
    10**14,
    1.5,
    True,
    [],
    [[]],
    {},
    {"from": []},
    ["ai"],
    ["admin", "ot"],
    "10.0.0.0/8",
    "\u202e",
    "ingest.broker",
    "00:00",
]


def _paths(value, path=()):
    yield path
    if not isinstance(value, dict | list):
        return
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
        yield from _paths(inner, (*path, key))


PATHS = [path for path in _paths(data()) if path]


@settings(max_examples=200)
@given(st.lists(st.tuples(st.sampled_from(PATHS), st.sampled_from(JUNK)), min_size=1, max_size=3))
def test_no_misplaced_value_ends_in_anything_but_wrong_input_or_a_plan(edits):
    estate = data()
    for path, junk in edits:
        inside = estate
        with contextlib.suppress(KeyError, IndexError, TypeError):
            for step in path[:-1]:
                inside = inside[step]
            inside[path[-1]] = junk
    with contextlib.suppress(WrongInput):
        expand(loads(text_of(estate), today=TODAY))


def test_a_missing_file_a_directory_and_a_nul_in_the_name_are_refused(tmp_path):
    for path in (tmp_path / "none.yaml", tmp_path, f"{tmp_path}/a\0b"):
        with pytest.raises(WrongInput, match="cannot be read") as raised:
            load(path)
        assert raised.value.exit_code == 2


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become somebody who may not read")
def test_an_unreadable_file_is_refused(tmp_path):
    path = tmp_path / "secret.yaml"
    path.write_text("estate: x")
    path.chmod(0)
    tmp_path.chmod(0o755)
    code = (
        "import os; from bulkhead.blueprint import load\n"
        "from bulkhead.errors import WrongInput\n"
        "os.seteuid(65534)\n"
        f"try: load({str(path)!r})\n"
        "except WrongInput as error: print(error)\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "cannot be read: Permission denied" in run.stdout


WRONG = [
    (
        "    block: 2\n",
        "    block: two\n",
        "two\n    approval",
        "tenants[acme].block is 'two' (text)",
        "a whole number",
    ),
    ("    block: 2\n", "    block: 2.5\n", "2.5", "tenants[acme].block is 2.5", "whole number"),
    (
        "    block: 2\n",
        "    block: 1\n",
        "1\n    approval",
        "tenants[acme].block is 1",
        "greater than or equal to 2",
    ),
    (
        "    block: 2\n",
        "    block: true\n",
        "true",
        "tenants[acme].block is True",
        "a whole number",
    ),
    (
        "    block: 2\n",
        "    block:\n",
        "\n    approval: {by: claire",
        "tenants[acme].block is empty",
        "a whole number",
    ),
    ("estate: example\n", "estate: 42\n", "42", "estate is 42 (a number)", "text"),
    (
        "estate: example\n",
        "estate: Examples & Co\n",
        "Examples",
        "estate is 'Examples & Co'",
        "match pattern",
    ),
    ("fail_mode: island", "fail_mode: open", "open", "fail_mode is 'open'", "close or island"),
    (
        "lifetime: 90d",
        "lifetime: 90 days",
        "90 days",
        "'90 days' is not a duration",
        "15m, 24h, 90d",
    ),
    ("lifetime: 90d", "lifetime: 90", "90\n", "90 is not a duration", "15m, 24h, 90d"),
    ("lifetime: 90d", "lifetime: -1h", "-1h", "'-1h' is not a duration", "15m, 24h, 90d"),
    (
        "expires: 2028-12-31",
        "expires: 2028-02-30",
        "2028-02-30",
        "'2028-02-30' is not a day",
        "YYYY-MM-DD",
    ),
    (
        "expires: 2028-12-31",
        "expires: 2028-12-31 10:00",
        "2028-12-31 10:00",
        "is not a day",
        "YYYY-MM-DD",
    ),
    (
        "    port: 502\n",
        "    port: 0\n",
        "0\n    authenticate: none\n    mediator: ai",
        "0 is not a port",
        "1 to 65535",
    ),
    ("    port: 502\n", "    port: 70000\n", "70000", "70000 is not a port", "1 to 65535"),
    ("    port: 502\n", "    port: 90-80\n", "90-80", "'90-80' is not a port", "1 to 65535"),
    ("to: ot.plc", "to: ot.robot", "ot.robot", "'ot.robot' is not a zone or a role", "ot.plc"),
    ("to: ot.plc", "to: [ot.plc, moon]", "moon", "'moon' is not a zone or a role", "ot.plc"),
    (
        "protocol: udp\n    port: 53",
        "protocol: any\n    port: 53",
        "any\n    port: 53",
        "protocol is 'any'",
        "tcp, udp or icmp",
    ),
    (
        "198.51.100.10",
        "10.0.0.1",
        "10.0.0.1",
        "10.0.0.1 cannot be a gateway's public address",
        "198.51.100",
    ),
    (
        "198.51.100.10",
        "198.51.100.250",
        "198.51.100.250",
        "cannot be a gateway's public address",
        "249",
    ),
    ("198.51.100.10", "2001:db8::1", "2001:db8::1", "is not an IPv4 address", "public IPv4"),
    (
        "region: eu-central-1",
        "region: eu-central-1\npool: 10.0.0.1/8",
        "10.0.0.1/8",
        "is not an IPv4 prefix",
        "10.0.0.0/8",
    ),
    (
        "region: eu-central-1",
        "region: eu-central-1\npool: 8.0.0.0/8",
        "8.0.0.0/8",
        "cannot be the pool",
        "private",
    ),
    (
        "Sat 22:00-04:00",
        "Sat 22:00-24:30",
        '"Sat 22:00-24:30',
        "is not a window",
        "Sun 02:00-04:00 Europe/Paris",
    ),
    (
        "safety: high",
        "safety: extreme",
        "extreme",
        "safety is 'extreme'",
        "none, low, medium or high",
    ),
    (
        "      - id: lyon\n",
        "      - id: lyon\n        gatewys: []\n",
        "gatewys",
        "`gatewys` is not a key of tenants[acme].sites[lyon]",
        "gateways",
    ),
    ("    tier: flat\n", "", "id: acme", "`tier` is missing in tenants[acme]", "tier"),
    ("serial: GW-2291-0017", 'serial: "a\\u202eb"', '"a\\u202eb"', "is not a text", "printable"),
    ("name: Paul Roche", 'name: " "', '" "', "is not a text", "printable"),
]


@pytest.mark.parametrize(
    ("old", "new", "at", "says", "allowed"), WRONG, ids=lambda value: repr(value)[:40]
)
def test_a_wrong_value_is_named_with_its_place_and_what_would_be_right(old, new, at, says, allowed):
    text = edited((old, new))
    problems = refused(text)
    found = [problem for problem in problems if says in problem.what]
    assert found, [problem.what for problem in problems]
    assert allowed in found[0].allowed.lower() or allowed in found[0].allowed
    if not at.startswith("\n"):
        assert found[0].where == place_of(text, at)


def test_an_unknown_key_suggests_the_nearest_one():
    problem = refused(edited(("    tier: flat\n", "    teir: flat\n")))
    assert {"did you mean `tier`?", "add `tier`"} == {one.remedy for one in problem}


def test_all_wrong_values_are_told_at_once_in_the_order_of_the_file():
    text = edited(
        ("estate: example", "estate: 7"),
        ("block: 2\n", "block: x\n"),
        (
            "slot: 1\n        gateways:\n          - {name: gw-1, slot: 1, address: 198.51.100.20",
            "slot: 9\n        gateways:\n          - {name: gw-1, slot: 1, address: 198.51.100.20",
        ),
    )
    problems = refused(text)
    lines = [int(problem.where.split(":")[1]) for problem in problems]
    assert len(problems) == 3
    assert lines == sorted(lines)


def test_words_of_yaml_1_1_stay_text():
    text = edited(("name: Paul Roche", "name: no"), ("name: Odd Berg", "name: 2026-01-01"))
    names = {person.id: person.name for person in planned(text).people}
    assert names["acme/paul"] == "no"
    assert names["borealis/odd"] == "2026-01-01"


def test_pure_yaml_reads_as_libyaml_does(monkeypatch):
    fast = planned(EXAMPLE.read_text("utf-8"))
    monkeypatch.delattr(yaml, "CSafeLoader", raising=False)
    assert planned(EXAMPLE.read_text("utf-8")) == fast
    for name in ("python-object.yaml", "nul.yaml", "tab.yaml", "escape-surrogate.yaml"):
        with pytest.raises(WrongInput):
            load(BAD / name, TODAY)


def test_a_message_cannot_steer_a_terminal():
    for text in (
        '"\\e[2J": 1\n"\\e[2J": 2\n',
        edited(("tier: flat", 'tier: "\\e[2J"')),
        "a: !<\\e> b",
    ):
        for problem in refused(text):
            assert str(problem).replace("\n", " ").isprintable()
