"""Rewrites the digest of the golden plant: `python tests/simulator/plant/golden/rewrite.py`."""

import sys
from hashlib import sha256
from importlib import import_module
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

(HERE / "series.sha256").write_text(
    sha256(import_module("golden_plant").golden_bytes()).hexdigest() + "\n"
)
