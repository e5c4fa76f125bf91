"""IEC 62443-3-3: which requirement and enhancement is asked from which security level on.

Transcribed from the standard's Annex B as (id, SL, own words); ids and levels are the standard's,
the words are ours. Requirements are grouped by foundational requirement (FR) by their number.
"""

REQUIREMENTS: tuple[tuple[str, int, str], ...] = (
    ("SR 1.1", 1, "people are identified and authenticated at every way in"),
    ("SR 1.1 RE 1", 2, "each person as themselves, never as a shared account"),
    ("SR 1.1 RE 2", 3, "with a second factor from networks that are not trusted"),
    ("SR 1.1 RE 3", 4, "with a second factor from everywhere"),
    ("SR 1.2", 2, "programs and devices are identified and authenticated"),
    ("SR 1.2 RE 1", 3, "each program and device as itself"),
    ("SR 1.3", 1, "accounts are managed: made, changed, disabled, removed"),
    ("SR 1.3 RE 1", 3, "in one place for the whole system"),
    ("SR 1.4", 1, "identifiers are managed by user, group and role"),
    ("SR 1.5", 1, "credentials are given, changed and protected"),
    ("SR 1.5 RE 1", 3, "programs' credentials are kept in hardware"),
    ("SR 1.6", 1, "whoever comes by radio is identified and authenticated"),
    ("SR 1.6 RE 1", 2, "each as itself"),
    ("SR 1.7", 1, "passwords, where there are any, are strong"),
    ("SR 1.7 RE 1", 3, "people's are made well and end"),
    ("SR 1.7 RE 2", 4, "everybody's are made well and end"),
    ("SR 1.8", 2, "certificates come from an authority that is run well"),
    ("SR 1.9", 2, "certificates are validated: chain, holder, revocation"),
    ("SR 1.9 RE 1", 3, "their private keys are kept in hardware"),
    ("SR 1.10", 1, "signing in shows nobody a secret"),
    ("SR 1.11", 1, "failed tries are limited"),
    ("SR 1.12", 1, "whoever comes is told of the rules first"),
    ("SR 1.13", 1, "ways in from networks that are not trusted are watched and limited"),
    ("SR 1.13 RE 1", 2, "and opened by explicit approval alone"),
    ("SR 2.1", 1, "everybody may do what their role allows, and no more"),
    ("SR 2.1 RE 1", 2, "programs and devices too"),
    ("SR 2.1 RE 2", 2, "rights are given to roles"),
    ("SR 2.1 RE 3", 3, "a supervisor can override, for a time"),
    ("SR 2.1 RE 4", 4, "what may do grave harm takes two people"),
    ("SR 2.2", 1, "use by radio is authorised and watched"),
    ("SR 2.2 RE 1", 3, "radio devices without leave are found and told"),
    ("SR 2.3", 1, "portable devices are limited to their use"),
    ("SR 2.3 RE 1", 3, "and checked before they connect"),
    ("SR 2.4", 1, "code that travels is limited"),
    ("SR 2.4 RE 1", 3, "and its integrity checked before it runs"),
    ("SR 2.5", 1, "idle sessions are locked"),
    ("SR 2.6", 2, "remote sessions end when they are idle or told to"),
    ("SR 2.7", 3, "sessions at one time are limited"),
    ("SR 2.8", 1, "what matters to security is recorded"),
    ("SR 2.8 RE 1", 3, "in one trail for the whole system"),
    ("SR 2.9", 1, "there is room for records"),
    ("SR 2.9 RE 1", 3, "and a warning before it is full"),
    ("SR 2.10", 1, "a failing record is noticed and stops nothing essential"),
    ("SR 2.11", 2, "records bear the time"),
    ("SR 2.11 RE 1", 3, "and clocks agree"),
    ("SR 2.11 RE 2", 4, "with a source that nobody changes unseen"),
    ("SR 2.12", 3, "who did what can be shown afterwards, for people"),
    ("SR 2.12 RE 1", 4, "and for everybody else"),
    ("SR 3.1", 1, "what is sent arrives unchanged"),
    ("SR 3.1 RE 1", 3, "by cryptography"),
    ("SR 3.2", 1, "malicious code is kept out, found and told"),
    ("SR 3.2 RE 1", 2, "at every way in and out"),
    ("SR 3.2 RE 2", 3, "managed and told in one place"),
    ("SR 3.3", 1, "that security functions work, is verified"),
    ("SR 3.3 RE 1", 3, "by machines"),
    ("SR 3.3 RE 2", 4, "while the plant runs"),
    ("SR 3.4", 1, "changes of software and information are found"),
    ("SR 3.4 RE 1", 3, "and told by themselves"),
    ("SR 3.5", 1, "input is checked"),
    ("SR 3.6", 1, "outputs go to a known state when control is lost"),
    ("SR 3.7", 2, "errors are handled and tell an attacker nothing"),
    ("SR 3.8", 2, "sessions cannot be taken over"),
    ("SR 3.8 RE 1", 3, "and their names end with them"),
    ("SR 3.8 RE 2", 3, "each has a name of its own"),
    ("SR 3.8 RE 3", 4, "that nobody can guess"),
    ("SR 3.9", 2, "records are protected"),
    ("SR 3.9 RE 1", 4, "on what can be written only once"),
    ("SR 4.1", 1, "what is confidential stays so, at rest and on the way"),
    ("SR 4.1 RE 1", 2, "also over networks that are not trusted"),
    ("SR 4.1 RE 2", 4, "and across every boundary of a zone"),
    ("SR 4.2", 2, "what leaves service leaves nothing behind"),
    ("SR 4.2 RE 1", 3, "nor does shared memory"),
    ("SR 4.3", 1, "cryptography is of a recognised kind"),
    ("SR 5.1", 1, "networks are segmented"),
    ("SR 5.1 RE 1", 2, "physically"),
    ("SR 5.1 RE 2", 3, "and do without services of other networks"),
    ("SR 5.1 RE 3", 4, "critical ones are isolated from the others"),
    ("SR 5.2", 1, "what crosses a zone's boundary is watched and controlled"),
    ("SR 5.2 RE 1", 2, "denied unless it is declared"),
    ("SR 5.2 RE 2", 3, "the zone can be made an island"),
    ("SR 5.2 RE 3", 3, "a boundary that fails stays closed"),
    ("SR 5.3", 1, "messages between people do not come in from outside"),
    ("SR 5.3 RE 1", 3, "nor are there any"),
    ("SR 5.4", 1, "applications are partitioned by how critical they are"),
    ("SR 6.1", 1, "those entitled can read the records"),
    ("SR 6.1 RE 1", 3, "and programs can"),
    ("SR 6.2", 2, "security is watched all the time"),
    ("SR 7.1", 1, "a flood degrades it and does not stop what is essential"),
    ("SR 7.1 RE 1", 2, "load is managed"),
    ("SR 7.1 RE 2", 3, "and spreads to nobody else"),
    ("SR 7.2", 1, "security functions cannot use resources up"),
    ("SR 7.3", 1, "there are backups"),
    ("SR 7.3 RE 1", 2, "that were verified"),
    ("SR 7.3 RE 2", 3, "and are made by machines"),
    ("SR 7.4", 1, "it can be brought back to a known secure state"),
    ("SR 7.5", 1, "a change of power supply changes no security"),
    ("SR 7.6", 1, "settings follow guidelines and can be read"),
    ("SR 7.6 RE 1", 3, "by machines"),
    ("SR 7.7", 1, "what is not needed is switched off"),
    ("SR 7.8", 2, "the parts and their properties are listed"),
)
WORDS = {name: words for name, _, words in REQUIREMENTS}
LEVEL = {name: level for name, level, _ in REQUIREMENTS}
CONDUIT = frozenset(
    name
    for name in WORDS
    if name.startswith(
        ("SR 1.2", "SR 1.8", "SR 1.9", "SR 3.1", "SR 3.8", "SR 4.1", "SR 4.3", "SR 5.2")
    )
)
"""Those that a conduit answers: who is at its ends, what happens to what passes, who may pass."""


def foundational(name: str) -> int:
    """The number of a requirement's FR, 1 to 7."""
    return int(name.removeprefix("SR ").partition(".")[0])


def asked(target: tuple[int, ...]) -> list[str]:
    """The requirements and enhancements that a target (SL-T for FR1 to FR7) asks for, in order."""
    return [name for name, level, _ in REQUIREMENTS if level <= target[foundational(name) - 1]]
