"""Fails if a test of the lab was skipped on a machine where the lab must run."""

import sys
import xml.etree.ElementTree as ET
from pathlib import Path


def main(report: str) -> int:
    """Exit code 1 and the names, if any test under tests/lab or of the engine was skipped."""
    cases = ET.parse(Path(report)).getroot().iter("testcase")  # noqa: S314 our own file
    skipped = [
        f"{case.get('classname')}::{case.get('name')}: {mark.get('message')}"
        for case in cases
        for mark in case.findall("skipped")
    ]
    for name in skipped:
        sys.stderr.write(f"skipped: {name}\n")
    return 1 if skipped else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
