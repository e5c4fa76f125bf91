"""What actions take in the lab, in seconds: the times of `sim`.

Medians of fifteen runs on configured machines (three drills, five runs each; two cores,
2026-11-26), and for what only attacks do, of theirs; `bulkhead drill fidelity` compares further
runs with them. What a model itself waits for (a value to be stored, the end of a certificate) is
not in them.
"""

from collections.abc import Mapping
from types import MappingProxyType

from bulkhead.drill.actions import (
    Action,
    Lift,
    Neighbours,
    Plant,
    Publish,
    PutBack,
    Query,
    Reach,
    Unplant,
)
from bulkhead.drill.flows import Cut, Hold, Passes, Release
from bulkhead.drill.incidents import (
    Copy,
    Discard,
    Disconnect,
    Expired,
    Gapless,
    Handshake,
    Impersonate,
    Impostor,
    Reconnect,
    Renew,
    Restore,
    Revoke,
    ShortCertificate,
    Silence,
    TakenOver,
    Telemetry,
    Withdraw,
)

SECONDS: Mapping[type[Action], float] = MappingProxyType(
    {
        Neighbours: 1.0,
        Reach: 0.05,
        Lift: 0.02,
        PutBack: 0.02,
        Publish: 0.5,
        Query: 0.5,
        Plant: 0.2,
        Unplant: 0.2,
        Hold: 0.08,
        Release: 0.01,
        Passes: 0.01,
        Cut: 0.6,
        Telemetry: 0.1,
        Silence: 0.1,
        Gapless: 0.05,
        Expired: 0.1,
        TakenOver: 0.02,
        Handshake: 0.5,
        ShortCertificate: 0.17,
        Renew: 0.14,
        Restore: 0.04,
        Revoke: 0.46,
        Reconnect: 0.09,
        Copy: 0.02,
        Discard: 0.01,
        Impersonate: 0.16,
        Withdraw: 0.01,
        Impostor: 0.02,
        Disconnect: 0.5,
    }
)
UNACKNOWLEDGED = 2.0
"""How long what was sent on a flow waits for its acknowledgement until the flow counts as cut."""
