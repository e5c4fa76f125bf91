"""The example with a way to S3 by endpoints, managed over a transit gateway."""

from blueprint_cases import data, planned, text_of

OBJECTS = {
    "name": "objects",
    "from": "ingest.ingest",
    "to": "audit.logstore",
    "by": "endpoint",
    "service": "s3",
    "protocol": "tcp",
    "port": 443,
    "authenticate": "tls-server",
    "mediator": "audit.logstore",
    "reason": "Logs are put where nobody deletes them.",
}


def private_plan():
    estate = data()
    estate |= {"conduits": [*estate["conduits"], OBJECTS]}
    return planned(text_of(estate | {"shared": estate["shared"] | {"management": "transit"}}))
