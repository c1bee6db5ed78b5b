#!/usr/bin/python3
"""Have a card do something, or tell what it did: card_control.py CARD COMMAND...

CARD is its number, COMMAND a fault such as `keep-alive off`, `heal` for none, or `report`. The environment's
ENA_MODEL_CONTROL names the control socket.
"""

import os
import socket
import sys
from pathlib import Path

PATIENCE_SECONDS = 30


class CardRefuses(Exception):
    """The card does not know the command; the text says what it wants."""


def say(control_socket: Path, card: int, command: str) -> str:
    """The card's answer."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as control:
        control.settimeout(PATIENCE_SECONDS)
        control.connect(str(control_socket))
        control.send(f"{card} {command}".encode())
        answer = control.recv(1 << 16).decode()
    if answer.startswith("error"):
        raise CardRefuses(f"card {card}, {command}: {answer}")
    return answer


def main() -> None:
    control = os.environ.get("ENA_MODEL_CONTROL")
    if control is None or len(sys.argv) < 3 or not sys.argv[1].isdigit():
        sys.exit(__doc__)
    try:
        print(say(Path(control), int(sys.argv[1]), " ".join(sys.argv[2:])))
    except (CardRefuses, OSError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
