"""People for tests: each answers at once, or as a test says."""

from dataclasses import dataclass, field, replace

from bulkhead.drill import Done, NotObserved, Refused, run
from bulkhead.drill.authority import Authority
from bulkhead.drill.people import PERSON, Ask


@dataclass
class People:
    """Everybody says yes after `seconds`; `says`, by who: `no`, `nothing`, or who answers."""

    says: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.5
    asked: list[Ask] = field(default_factory=list)

    def perform(self, clock, actions):
        found = []
        for action in actions:
            self.asked.append(action)
            word = self.says.get(action.who, action.who)
            yield clock.timeout(action.within if word == "nothing" else self.seconds)
            if word == "nothing":
                found.append(NotObserved(reason="nobody answered"))
            elif word == "no":
                found.append(Refused(layer=PERSON, reason="no"))
            else:
                found.append(Done(facts=(("answer", action.kind), ("by", word))))
        return found


def peopled(environment, people):
    """The environment, in which these people answer."""
    return replace(environment, handlers={**environment.handlers, Ask: people})


def play(drill, environment, plan, people=None, timeline=None):
    """Run a drill with people who answer, and an authority that is asked."""
    from datetime import UTC, datetime

    now = datetime(2026, 6, 3, 10, tzinfo=UTC)
    place = peopled(environment, people or People())
    return run(drill, place, timeline, consent=Authority(plan, now))
