"""The exercise of `broker-isolation-failure`, in words."""

from bulkhead.drill.exercise import Deadline, Exercise, Inject, Objective
from simulator.drills.people import ACKNOWLEDGED, WINDOWS
from simulator.drills.scene import Cast, Scene

DETECT, CONTAIN, COMMUNICATE, RECOVER = "O1", "O2", "O3", "O4"
DEADLINES = {
    "detect": Deadline(name="a probe finds the open way", within=60.0, objective=DETECT),
    "contain": Deadline(name="the way is closed", within=60.0, objective=CONTAIN),
    "cut": Deadline(name="live flows are cut", within=60.0, objective=CONTAIN),
    "recover": Deadline(name="telemetry went on", within=60.0, objective=RECOVER),
}
"""By phase; seconds from the moment that the phase begins."""
OBJECTIVES = (
    Objective(
        id=DETECT,
        text="Notice by a probe, not by the customer, that one tenant reaches another's broker.",
        capability="Detect",
        owner="provider.operator",
    ),
    Objective(
        id=CONTAIN,
        text="Close the way and end the flows that are open through it; closing alone does not.",
        capability="Respond",
        owner="provider.operator",
    ),
    Objective(
        id=COMMUNICATE,
        text="Tell the tenant whose broker was reached, and be able to say what was reached.",
        capability="Respond",
        owner="provider.operator",
    ),
    Objective(
        id=RECOVER,
        text="Prove that the way is closed at the layer that should close it; telemetry went on.",
        capability="Recover",
        owner="provider.operator",
    ),
)


def exercise(scene: Scene, cast: Cast, stranger: str) -> Exercise:
    """For one tenant and its people. stranger: the other tenant's gateway that gets through."""
    return Exercise(
        purpose="Show that an opening between two tenants is found, closed and proven closed, and "
        "that flows which are already open through it are ended.",
        scope=f"The way from {stranger} to {scene.broker}, port 8883. Rules of security groups, "
        "network ACLs and the two hosts' own filters; nothing else is opened. Telemetry goes on.",
        steady_state=(
            f"{stranger} does not reach {scene.broker}.",
            f"{scene.historian} holds values of {scene.gateway} that are seconds old.",
        ),
        situation=(
            f"Tenant {scene.tenant} and its neighbours are customers of one provider. Their "
            "brokers stand in networks of the same region; rules keep them apart.",
            "Somebody has changed rules for a test, late on a Friday, and was called away. The "
            "change was larger than meant, and nobody looked at it.",
            f"{stranger} can now open connections to {scene.broker}, and one is open.",
        ),
        notes=(
            "The opening is made layer by layer, through the cloud's API and in the hosts' own "
            "filters, each rule for this one way alone. All of them bear a mark and are closed by "
            "the roll-back, also after the exercise was broken off.",
            "Mutual TLS still stands behind the network: the broker does not know the other "
            "tenant's authority. Ask whether that would be a reason to wait until Monday.",
            "Closing a rule lets tracked flows run on, as it does in AWS. Watch whether anybody "
            "asks about flows that are already open.",
        ),
        objectives=OBJECTIVES,
        injects=_injects(scene, cast, stranger),
        deadlines=(
            *DEADLINES.values(),
            Deadline(name=ACKNOWLEDGED, within=sum(WINDOWS), objective=COMMUNICATE),
        ),
        questions=(
            "How long could the way have been open before a probe would have found it?",
            "Which layer should have stopped this mistake, and which one would have been next?",
            "What do we tell the tenant whose broker was reached, by when, and who says it?",
            "Who may change a rule without a second pair of eyes?",
            "How do we know that no flow is still open through a rule that is gone?",
        ),
    )


def _injects(scene: Scene, cast: Cast, stranger: str) -> tuple[Inject, ...]:
    return (
        Inject(
            number=1,
            after=0.0,
            to=scene.broker,
            text=f"Rules are opened, by mistake, for {stranger}.",
            expected="The next isolation probe finds the way and names its layers.",
            objective=DETECT,
        ),
        Inject(
            number=2,
            after=10.0,
            to=stranger,
            text=f"A connection to {scene.broker} is opened and kept.",
            expected="It is found, and ended after the rules are closed.",
            objective=CONTAIN,
        ),
        Inject(
            number=3,
            after=20.0,
            to=cast.alerted[0],
            text=f"Alert: {stranger} reaches {scene.broker}.",
            expected="Acknowledged in the window, or the next in line is told: "
            + ", then ".join(cast.alerted),
            objective=COMMUNICATE,
        ),
    )
