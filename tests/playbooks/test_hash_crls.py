"""The baseline's script that lays out revocation lists, with a temporary folder of any name."""

import subprocess
from pathlib import Path

import pytest

from bulkhead.trust.local import local

SCRIPT = Path(__file__).parents[2] / "roles/baseline/files/install/lib/hash-crls"


@pytest.mark.parametrize("suffix", ["Xa9Bcd", "r9S5Tx"])
def test_every_list_is_named_by_its_issuer_whatever_the_temporary_folder_is_called(
    tmp_path, suffix
):
    """`r9S5Tx` looks like the end of a list's own name; once in 400 starts it came up."""
    tools = tmp_path / "tools"
    tools.mkdir()
    mktemp = tools / "mktemp"
    mktemp.write_text(f'#!/bin/sh\nname="${{2%.XXXXXX}}.{suffix}"; mkdir "$name"; echo "$name"\n')
    mktemp.chmod(0o755)
    trust = local(tmp_path / "trust")
    lists = tmp_path / "crl.pem"
    lists.write_text(
        "".join(trust.x509(f"{who}/workload").revocations() for who in ("acme", "shared"))
    )
    place = tmp_path / "run" / "crl"
    place.parent.mkdir()
    for _ in range(2):
        command = ["sh", str(SCRIPT), str(lists), str(place)]
        path = {"PATH": f"{tools}:/usr/local/bin:/usr/bin:/bin"}
        done = subprocess.run(command, env=path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert sorted(row.suffix for row in place.iterdir()) == [".r0", ".r0"]
        assert sorted(place.parent.iterdir()) == [place]
