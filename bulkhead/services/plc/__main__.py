"""Front door of the service."""

import sys

from bulkhead.services.plc.service import main

sys.exit(main(sys.argv[1:]))
