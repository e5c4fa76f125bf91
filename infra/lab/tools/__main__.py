"""`python -m infra.lab.tools`: get the programs that the lab needs and that no package has."""

import sys

from bulkhead.errors import BulkheadError
from infra.lab.tools import MINIO, PULUMI, ensure


def main() -> int:
    """Build what is missing; 3 and the reason where it cannot be built."""
    try:
        for tool in (PULUMI, MINIO):
            ensure(tool, lambda line: print(line, flush=True))
    except BulkheadError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
