"""How a verification is written down: JSON (and read back), JUnit XML, SARIF."""

from bulkhead.controls.formats.document import document, restored
from bulkhead.controls.formats.junit import junit
from bulkhead.controls.formats.sarif import sarif

__all__ = ["document", "junit", "restored", "sarif"]
