"""The mirror is read from the machine's own apt configuration, and only Debian's own is taken."""

import pytest

from bulkhead.errors import MissingHere
from infra.lab.image.sources import Source, choose, configured, deb822, one_line

DEB822 = """# a comment
Types: deb deb-src
URIs: http://one.example/debian/ http://two.example/debian
Suites: bookworm
  bookworm-updates
Components: main

Types: deb
Enabled: no
URIs: http://off.example/debian
Suites: bookworm

Types: deb-src
URIs: http://sources.example/debian
Suites: bookworm
"""


def test_one_line_entries_with_options_comments_and_tabs():
    text = (
        "# deb http://no.example/debian bookworm main\n"
        "deb [arch=amd64 signed-by=/usr/share/k.gpg] http://a.example/debian/ bookworm main # x\n"
        "deb [ arch=amd64 trusted=no ]\thttp://b.example/debian\tbookworm-updates\tmain\n"
        "deb-src http://c.example/debian bookworm main\n"
        "deb\n"
    )
    assert list(one_line(text)) == [
        Source("http://a.example/debian", "bookworm"),
        Source("http://b.example/debian", "bookworm-updates"),
    ]


def test_deb822_gives_each_place_with_each_suite_and_nothing_that_is_off():
    assert list(deb822(DEB822)) == [
        Source("http://one.example/debian", "bookworm"),
        Source("http://one.example/debian", "bookworm-updates"),
        Source("http://two.example/debian", "bookworm"),
        Source("http://two.example/debian", "bookworm-updates"),
    ]


def test_only_the_files_that_apt_reads_are_read(tmp_path):
    (tmp_path / "sources.list").write_text("deb http://a.example/debian bookworm main\n")
    parts = tmp_path / "sources.list.d"
    parts.mkdir()
    (parts / "z.list").write_text("deb http://z.example/tool stable main\n")
    (parts / "debian.sources").write_text(DEB822)
    (parts / "old.list.disabled").write_text("deb http://no.example/debian bookworm main\n")
    places = {source.uri for source in configured(tmp_path)}
    assert places == {
        "http://a.example/debian",
        "http://z.example/tool",
        "http://one.example/debian",
        "http://two.example/debian",
    }


def test_a_machine_without_any_configuration_has_no_source(tmp_path):
    assert configured(tmp_path) == []


def served(*there):
    return lambda source: (source.uri, source.suite) in there


def test_the_entry_that_serves_debian_is_taken_and_not_the_first_that_says_so():
    found = [Source("http://tool.example/x", "bookworm"), Source("http://m.example/d", "bookworm")]
    chosen = choose(found, served(("http://m.example/d", "bookworm")))
    assert chosen == (Source("http://m.example/d", "bookworm"),)


def test_updates_and_security_are_found_beside_where_they_are_not_configured():
    chosen = choose(
        [Source("http://m.example/debian", "bookworm")],
        served(
            ("http://m.example/debian", "bookworm"),
            ("http://m.example/debian", "bookworm-updates"),
            ("http://m.example/debian-security", "bookworm-security"),
        ),
    )
    assert [source.suite for source in chosen] == [
        "bookworm",
        "bookworm-updates",
        "bookworm-security",
    ]
    assert chosen[2].uri == "http://m.example/debian-security"


def test_a_machine_of_a_later_debian_uses_its_mirror_for_the_release():
    chosen = choose(
        [Source("http://m.example/debian", "trixie")],
        served(("http://m.example/debian", "bookworm")),
    )
    assert chosen == (Source("http://m.example/debian", "bookworm"),)


def test_what_is_fetched_by_no_url_is_not_asked():
    asked = []
    with pytest.raises(MissingHere):
        choose([Source("cdrom:[Debian]", "bookworm")], lambda source: bool(asked.append(source)))
    assert asked == []


def test_where_nothing_serves_debian_the_remedy_is_said():
    with pytest.raises(MissingHere, match=r"sources\.list"):
        choose([Source("http://u.example/ubuntu", "noble")], lambda _source: False)
