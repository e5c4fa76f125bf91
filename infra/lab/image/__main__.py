"""`python -m infra.lab.image`: bake the lab's image or find it; prints its id and its tree."""

import sys

from bulkhead.errors import HELD, BulkheadError
from infra.lab.image import ensure


def main() -> int:
    """The exit code."""
    try:
        image = ensure(lambda line: print(line, file=sys.stderr, flush=True))
    except BulkheadError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    print(image.id, image.root)
    return HELD


if __name__ == "__main__":
    sys.exit(main())
