"""`python -m infra.lab.region --state DIR`: run a region here, in this process, until SIGTERM."""

import os
import sys


def _same_hashes() -> None:
    """Fix string hashes, so that moto's sets are walked in the same order in a replay."""
    if os.environ.get("PYTHONHASHSEED") != "0":
        os.environ["PYTHONHASHSEED"] = "0"
        os.execv(sys.executable, [sys.executable, "-m", "infra.lab.region", *sys.argv[1:]])  # noqa: S606


if __name__ == "__main__":
    _same_hashes()
    from infra.lab.region.main import main

    sys.exit(main(sys.argv[1:]))
