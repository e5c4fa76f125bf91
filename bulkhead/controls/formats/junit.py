"""A verification as JUnit XML: a suite for each control, a case for each subject.

An accepted finding and one that this environment cannot have are skipped, with the reason; one
that should have been observed and was not is an error.
"""

import re
from xml.etree import ElementTree

from bulkhead.controls.results import NOTHING, Observation, Verification

_UNPRINTABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(found: Verification) -> str:
    """The document's text, UTF-8."""
    root = ElementTree.Element("testsuites", name=f"bulkhead verify {found.estate}")
    totals = dict.fromkeys(("tests", "failures", "errors", "skipped"), 0)
    for result in found.results:
        rows = result.observations or (NOTHING,)
        kinds = [_kind(row) for row in rows]
        counts = {
            "tests": len(rows),
            "failures": kinds.count("failure"),
            "errors": kinds.count("error"),
            "skipped": kinds.count("skipped"),
        }
        suite = ElementTree.SubElement(root, "testsuite", name=result.control, timestamp=found.at)
        suite.attrib.update({name: str(count) for name, count in counts.items()})
        for row, kind in zip(rows, kinds, strict=True):
            _case(suite, result.control, row, kind)
        totals = {name: totals[name] + counts[name] for name in totals}
    root.attrib.update({name: str(count) for name, count in totals.items()})
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, "unicode") + "\n"


def _kind(row: Observation) -> str:
    if row.verdict == "fail":
        return "failure"
    if row.verdict == "accepted" or (row.verdict == "not observed" and row.absent):
        return "skipped"
    return "error" if row.verdict == "not observed" else ""


def _case(suite: ElementTree.Element, control: str, row: Observation, kind: str) -> None:
    case = ElementTree.SubElement(
        suite, "testcase", classname=f"bulkhead.{control}", name=_text(row.subject), time="0"
    )
    if kind:
        told = ElementTree.SubElement(case, kind, message=_text(row.because or row.seen))
        if kind != "skipped":
            told.set("type", row.verdict)
            told.text = _text(f"expected: {row.expected}\nseen: {row.seen}\n{row.because}")


def _text(words: str) -> str:
    """Without characters that XML 1.0 cannot hold."""
    return _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", words)
