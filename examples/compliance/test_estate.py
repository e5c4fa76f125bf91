"""A customer's own compliance suite: the platform's controls, and what this customer asks beside.

pytest examples/compliance --estate examples/estate.yaml --estate-env lab
"""


def test_every_control_holds(finding):
    """One case for each control and subject; add an accepted.yaml for what you live with."""
    finding.check()


def test_nothing_of_ours_is_a_stranger(verification, estate_plan):
    """The verification is of the plan that this suite was given."""
    assert verification.estate == estate_plan.estate
    assert verification.results


def test_no_host_serves_telnet(estate_host):
    """testinfra's own questions, on each host (lab and aws)."""
    assert not estate_host.socket("tcp://0.0.0.0:23").is_listening


def test_our_people_may_not_become_root_by_su(estate_host):
    """What is asked of every host stands in one place."""
    assert estate_host.file("/etc/pam.d/su").contains("pam_wheel.so use_uid group=root")
