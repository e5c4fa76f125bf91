"""The exercise of `certificate-expiry`, in words."""

from bulkhead.drill.exercise import Deadline, Exercise, Inject, Objective
from simulator.drills.people import ACKNOWLEDGED, APPROVED, WINDOWS
from simulator.drills.scene import Cast, Scene

DETECT, CONTAIN, COMMUNICATE, RECOVER = "O1", "O2", "O3", "O4"
DEADLINES = {
    "detect": Deadline(name="telemetry's end is noticed", within=60.0, objective=DETECT),
    "contain": Deadline(name="a new certificate is in place", within=60.0, objective=CONTAIN),
    "admitted": Deadline(name="the new certificate is admitted", within=30.0, objective=CONTAIN),
    "recover": Deadline(name="telemetry is back", within=60.0, objective=RECOVER),
    "filled": Deadline(name="the gap is filled", within=60.0, objective=RECOVER),
}
"""By phase; seconds from the moment that the phase begins."""
OBJECTIVES = (
    Objective(
        id=DETECT,
        text="Notice within a minute that a gateway's telemetry stopped, before a plant asks.",
        capability="Detect",
        owner="provider.operator",
    ),
    Objective(
        id=CONTAIN,
        text="Issue an emergency certificate with the approval of two others, and only with it.",
        capability="Respond",
        owner="customer.engineer",
    ),
    Objective(
        id=COMMUNICATE,
        text="Reach somebody who takes charge: operations, the customer's contact, the owner.",
        capability="Respond",
        owner="provider.operator",
    ),
    Objective(
        id=RECOVER,
        text="Have telemetry back, and no value lost: the gateway's buffer fills the gap.",
        capability="Recover",
        owner="provider.operator",
    ),
)


def exercise(scene: Scene, cast: Cast, lifetime: int) -> Exercise:
    """For one tenant and its people. lifetime: seconds of the certificate that is to run out."""
    return Exercise(
        purpose="Show that the end of a gateway's certificate is noticed, owned and mended before "
        "an essential function of the plant is lost, and that no value is lost by it.",
        scope=f"The telemetry of tenant {scene.tenant}: {scene.gateway}, {scene.broker}, "
        f"{scene.historian}. No controller is touched; machines and their own limits run on.",
        steady_state=(
            f"{scene.historian} holds values of {scene.gateway} that are seconds old.",
            f"{scene.gateway}'s certificate is admitted by {scene.broker}.",
        ),
        situation=(
            f"It is an ordinary shift. {scene.gateway} sends the plant's telemetry to the hosted "
            "broker over mutual TLS. Its certificate is renewed by itself; nobody thinks of it.",
            "At some moment the renewal has quietly not taken place. The session that is open goes "
            "on, for a certificate is looked at when a session begins, not while it lasts.",
            "Then a short break of the line makes the gateway begin a session anew.",
        ),
        notes=(
            f"The certificate of this exercise lives for {lifetime} s, issued by the tenant's "
            "own device authority to the gateway's own key; nothing is faked. The break of the "
            "line is a reload of the gateway's service.",
            "The gateway reads on and keeps what it cannot send. Do not restart "
            "its service: readings of those seconds would be missing.",
            "Watch for: who says first that a certificate is the cause, and by what evidence; "
            "whether anybody proposes to switch the check off.",
            "If nobody acknowledges, or two others do not approve, the exercise ends there and the "
            "roll-back issues a good certificate.",
        ),
        objectives=OBJECTIVES,
        injects=_injects(scene, cast, lifetime),
        deadlines=(
            *DEADLINES.values(),
            Deadline(name=ACKNOWLEDGED, within=sum(WINDOWS), objective=COMMUNICATE),
            Deadline(name=APPROVED, within=1200.0, objective=CONTAIN),
        ),
        questions=(
            "What told us first: a missing value, a refused handshake, or a telephone call?",
            "Who would have been called on a Sunday at three, and would they have answered?",
            "Could one person alone have issued the certificate? Show what would stop them.",
            "Which other certificates run out within the next thirty days, and who knows it?",
            "Which essential function would have been lost first, and when?",
        ),
    )


def _injects(scene: Scene, cast: Cast, lifetime: int) -> tuple[Inject, ...]:
    operations = cast.alerted[0]
    return (
        Inject(
            number=1,
            after=0.0,
            to=scene.gateway,
            text=f"A certificate of {lifetime} s is put in place; the session goes on with it.",
            expected="Nobody notices: telemetry flows.",
            objective=DETECT,
        ),
        Inject(
            number=2,
            after=lifetime + 2.0,
            to=scene.gateway,
            text="The certificate has run out; the line breaks for a moment.",
            expected=f"{scene.broker} refuses the handshake; telemetry stops; it is noticed.",
            objective=DETECT,
        ),
        Inject(
            number=3,
            after=lifetime + 10.0,
            to=operations,
            text=f"Alert: no telemetry of {scene.gateway} comes in any more.",
            expected="Acknowledged in the window, or the next in line is told: "
            + ", then ".join(cast.alerted),
            objective=COMMUNICATE,
        ),
        Inject(
            number=4,
            after=lifetime + 60.0,
            to=cast.approvers[0],
            text="An emergency certificate is asked for.",
            expected="Two others than the requester approve; then, and only then, it is issued.",
            objective=CONTAIN,
        ),
    )
