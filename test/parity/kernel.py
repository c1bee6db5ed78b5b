"""The kernel as a twice NAT: a namespace with the rules, and a raw socket on either side of it."""

import select
import socket
import time

from cases import MTU, OWN, PEER, REAL_HOST, SIDES, last_packet
from lab.lab import Lab
from lab.namespace import Namespace, link
from rules import iptables_commands

BATCH = 100
PATIENCE_SECONDS = 10
PACKET_OUTGOING = 4
PEER_MAC = "02:00:00:00:00:fe"
INTERFACE = {"company-a": "to-a", "company-b": "to-b"}
ETHERNET_BYTES = 14
FRESH_TTL = 64

Outputs = dict[int, list[tuple[str, bytes]]]  # by identification: the side, and the IPv4 packet


class Kernel:
    """With the rules of one of FORMS. Made in a world of its own; see lab.world."""

    def __init__(self, lab: Lab, form: str) -> None:
        self._middle = lab.namespace("middle")
        self._sockets: dict[str, socket.socket] = {}
        self._header: dict[str, bytes] = {}
        for side in SIDES:
            self._join(lab.namespace(side), side)
        self._middle.forward()
        for key, value in (
            ("net/ipv4/icmp_ratelimit", "0"),
            ("net/ipv4/icmp_msgs_per_sec", "1000000"),
            ("net/ipv4/icmp_msgs_burst", "1000000"),
            # The errors of the second round need the first round's connections, however long a
            # busy machine takes in between; the kernel keeps an unanswered one for 30 s.
            ("net/netfilter/nf_conntrack_udp_timeout", "3600"),
            ("net/netfilter/nf_conntrack_icmp_timeout", "3600"),
        ):
            self._middle.set(key, value)
        self.load(form)

    def load(self, form: str) -> None:
        for words in iptables_commands(form, INTERFACE):
            self._middle.run(*words)

    def _join(self, end: Namespace, side: str) -> None:
        interface = INTERFACE[side]
        link(self._middle, interface, end, "eth0")
        self._middle.address(interface, f"{OWN[side]}/24")
        self._middle.run("ip", "link", "set", "dev", interface, "mtu", str(MTU[side]))
        self._middle.run("ip", "neigh", "add", PEER[side], "lladdr", PEER_MAC, "dev", interface)
        self._middle.route(REAL_HOST[side] + "0/16", "via", PEER[side])
        self._header[side] = bytes.fromhex(
            (self._middle.mac(interface) + PEER_MAC).replace(":", "") + "0800"
        )
        with end.entered():
            made = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0800))
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 24)
        made.bind(("eth0", 0x0800))
        made.setblocking(False)
        self._sockets[side] = made

    def send(self, packets: list[tuple[str, bytes]]) -> Outputs:
        """All that comes out for `packets`, each with the side where it arrives."""
        outputs: Outputs = {}
        for begin in range(0, len(packets), BATCH):
            for side, packet in packets[begin : begin + BATCH]:
                self._sockets[side].send(self._header[side] + packet)
            self._wait_for_all(outputs)
        return outputs

    def _wait_for_all(self, outputs: Outputs) -> None:
        """Collect until a last packet from either side, sent after all others, has come through."""
        missing = set(SIDES)
        for side in SIDES:
            self._sockets[side].send(self._header[side] + last_packet(side))
        deadline = time.monotonic() + PATIENCE_SECONDS
        while missing:
            ready, _, _ = select.select(list(self._sockets.values()), [], [], 0.1)
            if not ready and time.monotonic() > deadline:
                raise TimeoutError(f"the kernel lost the last packet towards {missing}")
            for side, one in self._sockets.items():
                if one in ready:
                    self._take(side, one, outputs, missing)

    @staticmethod
    def _take(side: str, one: socket.socket, outputs: Outputs, missing: set[str]) -> None:
        while True:
            try:
                frame, address = one.recvfrom(1 << 16)
            except BlockingIOError:
                return
            if address[2] == PACKET_OUTGOING:
                continue
            add_output(outputs, side, frame[ETHERNET_BYTES:])
            if frame[ETHERNET_BYTES + 4 : ETHERNET_BYTES + 6] == b"\0\0" and 0 in outputs:
                del outputs[0]
                missing.discard(side)

    def close(self) -> None:
        for one in self._sockets.values():
            one.close()


def add_output(outputs: Outputs, side: str, packet: bytes) -> None:
    """Under its identification; an error of the translator's own under that of what it quotes.

    Such an error is fresh: the TTL of all others was 64 or less when they arrived.
    """
    packet = packet[: int.from_bytes(packet[2:4], "big")]
    length = (packet[0] & 15) * 4
    identification = int.from_bytes(packet[4:6], "big")
    if packet[8] == FRESH_TTL and packet[9] == 1 and packet[length] in (3, 11, 12):
        quote = packet[length + 8 :]
        identification = int.from_bytes(quote[4:6], "big")
    outputs.setdefault(identification, []).append((side, packet))
