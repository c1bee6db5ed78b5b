"""A small FTP server: one client, one file, data connections of either mode."""

import socket

from .namespace import Namespace
from .traffic import PATIENCE_SECONDS

CONTROL_PORT, DATA_PORT = 21, 20


def serve_one(host: Namespace, control: socket.socket, passive: socket.socket, content: bytes) -> None:
    """Serve the next client of the listener `control` until it quits."""
    connection, (client, _) = control.accept()
    connection.settimeout(PATIENCE_SECONDS)
    passive_port = passive.getsockname()[1]
    active_port = None
    with connection, connection.makefile("rw", newline="\r\n") as talk:

        def say(text: str) -> None:
            talk.write(text + "\n")
            talk.flush()

        def send_file() -> None:
            try:
                data = _connect(host, client, active_port) if active_port else passive.accept()[0]
            except OSError as refusal:
                say(f"425 {refusal.strerror}")
                return
            say("150 sending")
            with data:
                data.sendall(content)
            say("226 sent")

        say("220 ready")
        for line in talk:
            command, _, argument = line.strip().partition(" ")
            if command == "PORT":
                high, low = argument.split(",")[4:]
                active_port = int(high) * 256 + int(low)
                say("200 active")
            elif command == "PASV":
                active_port = None
                say(f"227 passive (0,0,0,0,{passive_port // 256},{passive_port % 256})")
            elif command == "RETR":
                send_file()
            elif command == "QUIT":
                say("221 bye")
                return
            else:
                say("230 yes")


def _connect(host: Namespace, client: str, port: int) -> socket.socket:
    """Without a time-out, as that is a poll(), after which an error may not yet be known to SO_ERROR."""
    with host.entered():
        return socket.create_connection((client, port), None, ("", DATA_PORT))
