"""Which source port a sender takes. No root."""

import errno
import socket
from contextlib import closing

import pytest

from infra.lab.probe import Vantage
from infra.lab.probe.listeners import reset_on_close
from infra.lab.probe.loop import Loop
from infra.lab.probe.ports import fresh_port
from infra.lab.probe.senders import Sender

HERE = Vantage(host="a", namespace="none", address="127.0.0.1", public=None)


class Nobody:
    """A mailbox that nobody reads."""

    def arrived(self, host, payload): ...
    def echoed(self, host, payload, peer): ...
    def unreachable(self, wire, code, reporter): ...


@pytest.fixture
def loop():
    with closing(Loop()) as loop:
        yield loop


@pytest.fixture
def own_port():
    """The port that the kernel gave to a connection of the host's own."""
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()) as connection,
    ):
        yield connection.getsockname()[1]


def trial_socket(port):
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    reset_on_close(sock)
    sock.bind(("127.0.0.1", port))
    return sock


def test_a_port_that_a_connection_of_the_hosts_own_holds_is_left_to_it(loop, own_port):
    with pytest.raises(OSError) as caught:
        trial_socket(own_port)
    assert caught.value.errno == errno.EADDRINUSE
    other = fresh_port()
    with closing(Sender(loop, HERE, [own_port, other], Nobody())) as sender:
        assert sender.port == other
        trial_socket(sender.port).close()


def test_many_trials_leave_from_the_senders_port_and_nobody_else_takes_it(loop):
    with (
        closing(Sender(loop, HERE, [fresh_port()], Nobody())) as sender,
        trial_socket(sender.port),
        trial_socket(sender.port),
        socket.socket() as stranger,
        pytest.raises(OSError),
    ):
        stranger.bind(("127.0.0.1", sender.port))


def test_a_sender_without_a_free_port_says_so(loop, own_port):
    with pytest.raises(OSError, match="no free source port"):
        Sender(loop, HERE, [own_port], Nobody())
