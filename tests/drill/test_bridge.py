"""The bridge to the wall clock: calls beside it, stamps, due events first, failures as values."""

import threading

import pytest
import simpy

from bulkhead.drill.bridge import Bridge, Failed


def test_a_call_answers_at_the_time_at_which_it_ended():
    bridge, gate = Bridge(), threading.Event()

    def process():
        answer = yield bridge.call(lambda: gate.wait(5.0) and bridge.elapsed())
        return answer, bridge.now

    def opening():
        yield bridge.timeout(0.05)
        gate.set()

    bridge.process(opening())
    ended, now = bridge.run(until=bridge.process(process()))
    assert now >= ended >= 0.05
    assert now - ended < 0.5


def test_a_failure_crosses_as_a_value():
    bridge = Bridge()

    def broken():
        raise ValueError("as it was", 1)

    found = bridge.run(until=bridge.process(_yielding(bridge.call(broken))))
    assert isinstance(found, Failed)
    assert found.error.args == ("as it was", 1)


def _yielding(event):
    return (yield event)


def test_an_answer_in_time_is_not_late_because_the_loop_was_busy():
    """The wall jumps past both while nobody looks: the answer's own stamp decides."""
    wall = [0.0]
    bridge = Bridge(wall=lambda: wall[0])
    done = threading.Event()
    order = []

    def work():
        wall[0] = 1.0
        done.set()

    def asking():
        call = bridge.call(work)
        done.wait(5.0)
        deadline = bridge.timeout(2.0)
        bridge_busy_until_it_is_stamped(bridge)
        wall[0] = 9.0
        yield call | deadline
        order.append(("in time", call.triggered, deadline.processed, bridge.now))

    bridge.run(until=bridge.process(asking()))
    assert order == [("in time", True, False, 1.0)]


def bridge_busy_until_it_is_stamped(bridge):
    """Until the answer lies in the queue, stamped with the time at which the work ended."""
    while bridge._arrivals.empty():
        threading.Event().wait(0.001)


def test_an_empty_schedule_waits_for_what_is_outstanding_and_then_ends():
    bridge = Bridge()
    heard = []
    call = bridge.call(lambda: "late")
    call.callbacks.append(lambda event: heard.append(event.value))
    bridge.run()
    assert heard == ["late"]
    with pytest.raises(simpy.core.EmptySchedule):
        bridge.step()
