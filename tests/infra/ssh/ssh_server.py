"""SSH servers in this process, to try our client against: they run no command of the machine."""

import socket
import threading

import paramiko
from paramiko.common import cMSG_CHANNEL_SUCCESS

ANSWERS = {
    "echo hello": (0, b"hello\n", b""),
    "false": (1, b"", b""),
    "say 'two words'": (7, b"out", b"err"),
}


class Answering(paramiko.Transport):
    """Runs `then` once it has said yes to a command: an answer before that would confuse."""

    then = None

    def _send_user_message(self, data):
        super()._send_user_message(data)
        if data.asbytes()[:1] == cMSG_CHANNEL_SUCCESS and self.then:
            threading.Thread(target=self.then).start()
            self.then = None


class Door(paramiko.ServerInterface):
    """Lets in whom it lists; answers ANSWERS and `cat`, never `wait`; forwards to neighbours."""

    def __init__(self, server):
        self.server = server

    def check_auth_publickey(self, username, key):
        kind = "certificate" if key.public_blob else "key"
        self.server.asked.append((username, kind))
        good = kind in self.server.accepts
        return paramiko.AUTH_SUCCESSFUL if good else paramiko.AUTH_FAILED

    def get_allowed_auths(self, username):
        return "publickey"

    def check_channel_request(self, kind, chanid):
        return paramiko.OPEN_SUCCEEDED

    def check_channel_direct_tcpip_request(self, chanid, origin, destination):
        neighbour = self.server.neighbours.get(destination[0])
        if neighbour is None:
            return paramiko.OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED
        self.server.forwarded[chanid] = neighbour
        return paramiko.OPEN_SUCCEEDED

    def check_channel_exec_request(self, channel, command):
        channel.get_transport().then = lambda: self._answer(channel, command.decode())
        return True

    def _answer(self, channel, command):
        if command == "wait":
            return
        if command == "cat":
            channel.sendall(channel.makefile("rb").read())
            channel.send_exit_status(0)
            channel.close()
            return
        code, out, err = ANSWERS.get(command, (127, b"", b"unknown"))
        channel.sendall(out)
        channel.sendall_stderr(err)
        channel.send_exit_status(code)
        channel.close()


class Server:
    """One host. key: its host key. accepts: what one signs in with, `certificate` or `key`."""

    def __init__(self, accepts=("certificate",)):
        self.key = None
        self.accepts = accepts
        self.asked, self.transports, self.neighbours, self.forwarded = [], [], {}, {}
        self.held = []

    def with_key(self, path):
        """Use the Ed25519 private key of a file: what hosts of ours have."""
        self.key = paramiko.Ed25519Key.from_private_key_file(str(path))
        return self

    def open(self):
        """The client's end of a new connection to it."""
        ours, theirs = socket.socketpair()
        self.serve(theirs)
        return ours

    def serve(self, way):
        transport = Answering(way)
        transport.add_server_key(self.key)
        transport.start_server(threading.Event(), Door(self))
        self.transports.append(transport)
        threading.Thread(target=self._forward, args=(transport,), daemon=True).start()

    def _forward(self, transport):
        while transport.is_active():
            channel = transport.accept(0.2)
            # paramiko closes a channel that nobody holds.
            self.held.append(channel)
            if channel is not None and channel.get_id() in self.forwarded:
                self.forwarded[channel.get_id()].serve(channel)

    def close(self):
        for transport in self.transports:
            transport.close()
