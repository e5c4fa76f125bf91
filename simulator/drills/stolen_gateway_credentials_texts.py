"""The exercise of `stolen-gateway-credentials`, in words."""

from collections.abc import Sequence

from bulkhead.drill.exercise import Deadline, Exercise, Inject, Objective
from simulator.drills.people import ACKNOWLEDGED, WINDOWS
from simulator.drills.scene import Cast, Scene

DETECT, CONTAIN, COMMUNICATE, RECOVER = "O1", "O2", "O3", "O4"
DEADLINES = {
    "detect": Deadline(name="the double session is noticed", within=30.0, objective=DETECT),
    "contain": Deadline(name="the credentials are revoked", within=60.0, objective=CONTAIN),
    "cut": Deadline(name="the live session is ended", within=60.0, objective=CONTAIN),
    "gone": Deadline(name="the impostor is gone", within=30.0, objective=CONTAIN),
    "replace": Deadline(name="a new key and certificate", within=60.0, objective=RECOVER),
    "admitted": Deadline(name="the true gateway is admitted", within=30.0, objective=RECOVER),
    "recover": Deadline(name="telemetry is back", within=60.0, objective=RECOVER),
    "filled": Deadline(name="the gap is filled", within=60.0, objective=RECOVER),
}
"""By phase; seconds from the moment that the phase begins."""
OBJECTIVES = (
    Objective(
        id=DETECT,
        text="Notice that two hold one identity, from the broker's own log.",
        capability="Detect",
        owner="provider.operator",
    ),
    Objective(
        id=CONTAIN,
        text="Revoke in the safe order, and end the live session: a revocation alone does not.",
        capability="Respond",
        owner="provider.operator",
    ),
    Objective(
        id=COMMUNICATE,
        text="Reach somebody who takes charge: operations, the customer's contact, the owner.",
        capability="Respond",
        owner="provider.operator",
    ),
    Objective(
        id=RECOVER,
        text="Give the true gateway a new key and certificate; no value of the plant is lost.",
        capability="Recover",
        owner="customer.engineer",
    ),
)


def exercise(scene: Scene, cast: Cast, outside: Sequence[str]) -> Exercise:
    """For one tenant and its people. outside: from where else the credentials are tried."""
    return Exercise(
        purpose="Show what copied credentials of a gateway are worth from where, that their use is "
        "noticed, and that they are worth nothing afterwards.",
        scope=f"The identity of {scene.gateway} at {scene.broker}; telemetry into "
        f"{scene.historian}. No controller is touched, no false value is sent.",
        steady_state=(
            f"{scene.historian} holds values of {scene.gateway} that are seconds old.",
            f"{scene.gateway}'s certificate is admitted by {scene.broker}.",
        ),
        situation=(
            f"A contractor has serviced the cabinet in which {scene.gateway} hangs. Its disk was "
            "out of the room for an hour. Nobody wrote it down.",
            "Certificate and key are files on that disk. Whoever holds both is, for the broker, "
            "the gateway.",
            "In the days after, somebody tries them: from the internet, from another customer's "
            "network, and at last from a laptop at the plant's own line.",
        ),
        notes=(
            "The key does not leave the gateway's host: the copy is a file there that its "
            "service's account alone can read, and the impostor is a process there, put into the "
            "network of the host from which it is to come. The roll-back removes both. It is the "
            "gateway's very certificate, so that its revocation concerns the true gateway too.",
            f"From {', '.join(outside)} the network refuses the way before any certificate is "
            "asked for. Ask what would be left if a rule were open.",
            "Beside the true gateway two sessions of one name end each other in turn. The impostor "
            "only holds its session; it publishes nothing.",
            "A list of revoked certificates that is garbage lets everybody in: watch that it is "
            "checked before the broker may read it. A live session outlives its revocation: watch "
            "whether anybody ends it and looks whether it is gone.",
        ),
        objectives=OBJECTIVES,
        injects=_injects(scene, cast, outside),
        deadlines=(
            *DEADLINES.values(),
            Deadline(name=ACKNOWLEDGED, within=sum(WINDOWS), objective=COMMUNICATE),
        ),
        questions=(
            "How would we have learned of the copy if it had never been used at the plant?",
            "What could have been published in the gateway's name, and who would have believed it?",
            "Why did the revocation not end the session, and who knew that before today?",
            "Which values of those minutes are the gateway's own? How do we show it?",
            "What would keep a key from being a file that can be copied?",
        ),
    )


def _injects(scene: Scene, cast: Cast, outside: Sequence[str]) -> tuple[Inject, ...]:
    return (
        Inject(
            number=1,
            after=0.0,
            to=scene.gateway,
            text="Certificate and key are copied.",
            expected="Nobody notices: nothing is out of order yet.",
            objective=DETECT,
        ),
        Inject(
            number=2,
            after=5.0,
            to=scene.broker,
            text=f"The copy is used from {' and from '.join(outside)}.",
            expected="The network refuses the way; its log says so.",
            objective=DETECT,
        ),
        Inject(
            number=3,
            after=10.0,
            to=scene.broker,
            text="The copy is used beside the true gateway.",
            expected="The broker's log tells of one session that ends another of its name.",
            objective=DETECT,
        ),
        Inject(
            number=4,
            after=20.0,
            to=cast.alerted[0],
            text=f"Alert: two sessions of {scene.gateway}.",
            expected="Acknowledged in the window, or the next in line is told: "
            + ", then ".join(cast.alerted),
            objective=COMMUNICATE,
        ),
    )
