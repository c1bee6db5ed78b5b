"""Raw frames on an interface, for what no kernel would send by itself."""

import logging
import socket
import time

from scapy.layers.l2 import Ether
from scapy.packet import Packet

from .namespace import Namespace

ETH_P_ALL = 0x0003
PACKET_OUTGOING = 4
PATIENCE_SECONDS = 10
LOG = logging.getLogger("lab")


class Wire:
    """One interface. Use it in a `with` statement."""

    def __init__(self, where: Namespace, interface: str) -> None:
        with where.entered():
            self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
            self._socket.bind((interface, ETH_P_ALL))
        self._name = f"{where.name} {interface}"
        self.mac = where.mac(interface)

    def __enter__(self) -> "Wire":
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def send(self, frame: Packet | bytes) -> None:
        LOG.info("%s sends %s", self._name, bytes(frame).hex())
        self._socket.send(bytes(frame))

    def receive(self, seconds: float = PATIENCE_SECONDS) -> Packet:
        """The next frame that arrives; raise TimeoutError if none does."""
        deadline = time.monotonic() + seconds
        while True:
            self._socket.settimeout(max(deadline - time.monotonic(), 0.001))
            frame, address = self._socket.recvfrom(1 << 16)
            if address[2] != PACKET_OUTGOING:
                LOG.info("%s receives %s", self._name, frame.hex())
                return Ether(frame)
