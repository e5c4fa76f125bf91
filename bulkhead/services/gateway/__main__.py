"""Front door of the service."""

import sys

from bulkhead.services.gateway.service import main

sys.exit(main(sys.argv[1:]))
