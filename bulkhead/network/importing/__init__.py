"""From an account as it stands to an imported estate's file: what follows, what is guessed, why.

Pure but for the API that is read. `estate_file` writes what `bulkhead.blueprint.load` reads.
"""

from bulkhead.network.importing.brokers import Broker, broker
from bulkhead.network.importing.document import About, Authority, Files, estate_file
from bulkhead.network.importing.labels import Labels, Remembering, labels

__all__ = [
    "About",
    "Authority",
    "Broker",
    "Files",
    "Labels",
    "Remembering",
    "broker",
    "estate_file",
    "labels",
]
