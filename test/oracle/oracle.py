"""What natto must send for each frame, calculated independently of natto.

Written from the requirements in doc/requirements.toml, in integers and bytes, without a line or an
idea of the C++ code: checksums are recomputed over all the bytes they cover, and where a checksum
is wrong or not all of its bytes are there, it moves by the difference of the addresses modulo 65535.
"""

import struct
import tomllib
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from pathlib import Path

from policy import Host, Policy

LAB_NEXT_HOP = bytes.fromhex("0200000000fe")
TCP, UDP, DCCP, AH, UDPLITE, ICMP = 6, 17, 33, 51, 136, 1
CHECKSUM_AT = {TCP: 16, UDP: 6, UDPLITE: 6, DCCP: 6}
LEAST_HEADER = {TCP: 20, UDP: 8, UDPLITE: 8, DCCP: 12, ICMP: 8}
ICMP_ERRORS = {3, 11, 12}
ICMP_NOT_FORWARDED = {4, 5}


@dataclass
class Port:
    realm: str
    interface: IPv4Interface
    mac: bytes
    next_hop: bytes
    mtu: int
    passes_unmapped: bool
    drops_hairpins: bool
    record_route: bool
    mss_clamp: int | None  # what a segment may have at most, beside what the MTUs carry; None: off

    def broadcast(self) -> IPv4Address | None:
        network = self.interface.network
        return network.broadcast_address if network.prefixlen <= 30 else None


@dataclass
class Mapping:
    realm: int
    real: IPv4Network
    mapped: IPv4Network


@dataclass
class Outcome:
    """Frames to send as (realm, bytes): the packet itself, and what natto answers."""

    reason: str | None = None
    consumed: bool = False
    forwarded: list[tuple[int, bytes]] = field(default_factory=list)
    generated: list[tuple[int, bytes]] = field(default_factory=list)


class Refused(Exception):
    """The packet stops here, under this reason."""


class ForNatto(Exception):
    """The packet is for natto's own address."""


def checksum(data: bytes) -> int:
    """RFC 1071."""
    total = sum(struct.unpack(f"!{(len(data) + 1) // 2}H", data + b"\0" * (len(data) % 2)))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def word_sum(address: bytes) -> int:
    return sum(struct.unpack("!2H", address))


def put16(data: bytearray, at: int, value: int) -> None:
    struct.pack_into("!H", data, at, value)


def get16(data: bytes, at: int) -> int:
    return struct.unpack_from("!H", data, at)[0]


def is_martian(a: IPv4Address) -> bool:
    return any(a in IPv4Network(n) for n in ("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "240.0.0.0/4"))


@dataclass
class Packet:
    """An IPv4 packet: padding cut off, header known to be whole."""

    data: bytes

    @property
    def header(self) -> int:
        return (self.data[0] & 15) * 4

    @property
    def source(self) -> IPv4Address:
        return IPv4Address(self.data[12:16])

    @property
    def destination(self) -> IPv4Address:
        return IPv4Address(self.data[16:20])

    @property
    def ttl(self) -> int:
        return self.data[8]

    @property
    def protocol(self) -> int:
        return self.data[9]

    @property
    def dont_fragment(self) -> bool:
        return bool(get16(self.data, 6) & 0x4000)

    @property
    def more_fragments(self) -> bool:
        return bool(get16(self.data, 6) & 0x2000)

    @property
    def offset(self) -> int:
        return (get16(self.data, 6) & 0x1FFF) * 8

    @property
    def payload(self) -> bytes:
        return self.data[self.header :]

    @property
    def is_icmp_error(self) -> bool:
        return self.protocol == ICMP and self.offset == 0 and self.payload[0] in ICMP_ERRORS


class Oracle:
    def __init__(self, config_file: Path) -> None:
        config = tomllib.loads(config_file.read_text())
        table = tomllib.loads((config_file.parent / config["table"]["file"]).read_text())
        icmp = config.get("icmp", {})
        self.outer_source = icmp.get("outer_source", "own")
        self.drops_bad_inner = icmp.get("inner_checksum_bad", "pass") == "drop"
        self.answers = icmp.get("errors_per_second", 1000) > 0
        self.ports = [self._port(i, p) for i, p in enumerate(config["port"])]
        self.realms = [p.realm for p in self.ports]
        self.mappings = [
            Mapping(
                self.realms.index(m.get("realm", self.realms[0])),
                IPv4Network(m["real"]),
                IPv4Network(m["mapped"]),
            )
            for m in table["mapping"]
        ]
        self.policy = Policy(table, self.realms, self.mappings)

    @staticmethod
    def _port(index: int, port: dict) -> Port:
        mac = port.get("gateway_mac")
        return Port(
            realm=port["realm"],
            interface=IPv4Interface(port["address"]),
            mac=bytes.fromhex("0270636170") + bytes([index]),
            next_hop=bytes.fromhex(mac.replace(":", "")) if mac else LAB_NEXT_HOP,
            mtu=port.get("mtu", 1500),
            passes_unmapped=port.get("source_not_mapped", "drop") == "pass",
            drops_hairpins=port.get("hairpin", "allow") == "drop",
            record_route=port.get("record_route", "drop") == "pass",
            mss_clamp={"off": None, "auto": 65535}.get(clamp := port.get("tcp_mss_clamp", "off"), clamp),
        )

    # The table.

    def to_mapped(self, realm: int, address: IPv4Address) -> IPv4Address | None:
        for m in self.mappings:
            if m.realm == realm and address in m.real:
                return m.mapped[int(address) - int(m.real[0])]
        return None

    def to_real(self, address: IPv4Address) -> tuple[int, IPv4Address] | None:
        for m in self.mappings:
            if address in m.mapped:
                return m.realm, m.real[int(address) - int(m.mapped[0])]
        return None

    # A frame.

    def frame(self, realm: int, frame: bytes) -> Outcome:
        try:
            packet = self._parse(realm, frame)
            out, translated = self._translate(realm, packet)
        except ForNatto:
            return self._own(realm, frame)
        except Refused as refused:
            reason = refused.args[0]
            return Outcome(reason=reason, generated=self._answer(realm, frame, reason, refused))
        header = self.ports[out].next_hop + self.ports[out].mac + b"\x08\x00"
        pieces = self._fragments(translated, self.ports[out].mtu)
        return Outcome(forwarded=[(out, header + piece) for piece in pieces])

    def _own(self, realm: int, frame: bytes) -> Outcome:
        if get16(frame, 12) == 0x0806:
            return self._arp(realm, frame)
        packet = Packet(frame[14 : 14 + get16(frame, 16)])
        whole = not packet.more_fragments and packet.offset == 0
        if not (packet.protocol == ICMP and whole and packet.payload[0] == 8 and checksum(packet.payload) == 0):
            return Outcome(reason="own_address_not_answered")
        message = bytearray(packet.payload)
        message[0] = 0
        put16(message, 2, 0)
        put16(message, 2, checksum(message))
        reply = bytearray(packet.data[: packet.header])
        reply[8] = 64
        reply[12:20] = packet.data[16:20] + packet.data[12:16]
        put16(reply, 10, 0)
        put16(reply, 10, checksum(reply))
        ethernet = frame[6:12] + self.ports[realm].mac + b"\x08\x00"
        return Outcome(consumed=True, generated=[(realm, ethernet + bytes(reply + message))])

    def _arp(self, realm: int, frame: bytes) -> Outcome:
        body = frame[14:42]
        if len(body) < 28 or body[:6] != bytes.fromhex("000108000604") or get16(body, 6) not in (1, 2):
            return Outcome(reason="arp_malformed")
        if body[8:14] != frame[6:12] or body[8] & 1 or not any(body[8:14]):
            return Outcome(reason="arp_malformed")
        sender, target = IPv4Address(body[14:18]), IPv4Address(body[24:28])
        if self._owns(realm, sender):
            return Outcome(reason="arp_spoofs_own_address")
        if get16(body, 6) != 1 or sender == target or not self._owns(realm, target):
            return Outcome(reason="arp_not_for_natto")
        mac = self.ports[realm].mac
        reply = body[8:14] + mac + b"\x08\x06" + bytes.fromhex("0001080006040002") + mac
        reply += target.packed + body[8:18]
        return Outcome(consumed=True, generated=[(realm, reply)])

    def _owns(self, realm: int, address: IPv4Address) -> bool:
        if address == self.ports[realm].interface.ip:
            return True
        real = self.to_real(address)
        other_side = real is not None and (len(self.ports) == 1 or real[0] != realm)
        return other_side and self.to_mapped(realm, address) is None

    # What stops a packet before any look-up.

    def _parse(self, realm: int, frame: bytes) -> Packet:
        if len(frame) < 14:
            raise Refused("ethernet_header_truncated")
        if frame[6] & 1:
            raise Refused("source_mac_multicast")
        ethertype = get16(frame, 12)
        if ethertype == 0x0806:
            raise ForNatto
        if ethertype in (0x8100, 0x88A8, 0x9100):
            raise Refused("vlan_tagged")
        if ethertype != 0x0800:
            raise Refused("ipv6" if ethertype == 0x86DD else "ethertype_unsupported")
        if frame[0] & 1:
            raise Refused("destination_mac_group")
        packet = self._ipv4(frame[14:])
        self._options(packet, self.ports[realm].record_route)
        if packet.protocol == AH:
            raise Refused("authentication_header")
        if packet.more_fragments or packet.offset:
            self._fragment(packet)
        if packet.offset == 0:
            self._transport(packet)
        return packet

    @staticmethod
    def _ipv4(data: bytes) -> Packet:
        if len(data) < 20:
            raise Refused("ip_header_truncated")
        if data[0] >> 4 != 4:
            raise Refused("ip_version_not_4")
        if data[0] & 15 < 5:
            raise Refused("ip_header_length_too_small")
        if get16(data, 2) < (data[0] & 15) * 4:
            raise Refused("ip_total_length_too_small")
        if get16(data, 2) > len(data):
            raise Refused("ip_total_length_beyond_frame")
        packet = Packet(data[: get16(data, 2)])
        if checksum(packet.data[: packet.header]) != 0:
            raise Refused("ip_checksum_bad")
        return packet

    @staticmethod
    def _options(packet: Packet, record_route: bool) -> None:
        rest = packet.data[20 : packet.header]
        while rest and rest[0] != 0:
            if rest[0] == 1:
                rest = rest[1:]
                continue
            if len(rest) < 2 or rest[1] < 2 or rest[1] > len(rest):
                raise Refused("ip_options_malformed")
            if rest[0] in (131, 137):
                raise Refused("ip_source_route")
            if rest[0] in (7, 68) and not record_route:
                raise Refused("ip_record_route")
            rest = rest[rest[1] :]

    @staticmethod
    def _fragment(packet: Packet) -> None:
        if packet.offset + len(packet.data) > 65535:
            raise Refused("fragment_beyond_64k")
        if packet.more_fragments and len(packet.payload) % 8:
            raise Refused("fragment_length_bad")
        if packet.protocol == TCP and packet.offset == 8:
            raise Refused("tcp_fragment_tiny")

    def _transport(self, packet: Packet) -> None:
        payload = packet.payload
        if len(payload) < LEAST_HEADER.get(packet.protocol, 0):
            tiny = packet.protocol == TCP and packet.more_fragments
            raise Refused("tcp_fragment_tiny" if tiny else "l4_header_truncated")
        if packet.protocol == UDP:
            length = get16(payload, 4)
            if length < 8 or (length > len(payload) and not packet.more_fragments):
                raise Refused("udp_length_bad")
        if packet.protocol == ICMP:
            if payload[0] in ICMP_NOT_FORWARDED:
                raise Refused("icmp_type_not_forwarded")
            if payload[0] in ICMP_ERRORS:
                self._icmp_error(packet)

    @staticmethod
    def _quote(packet: Packet) -> bytes:
        words = packet.payload[5]
        quote = packet.payload[8:]
        return quote[: words * 4] if words >= 5 else quote

    def _icmp_error(self, packet: Packet) -> None:
        if packet.more_fragments:
            raise Refused("icmp_error_fragmented")
        quote = self._quote(packet)
        if len(quote) < 20 or quote[0] >> 4 != 4 or quote[0] & 15 < 5 or (quote[0] & 15) * 4 > len(quote):
            raise Refused("icmp_error_quote_bad")
        inner = Packet(quote)
        if inner.source != packet.destination:
            raise Refused("icmp_error_destination_differs")
        first = quote[: min(len(quote), get16(quote, 2))][inner.header :][:1]
        if inner.protocol == ICMP and inner.offset == 0 and first and first[0] in ICMP_ERRORS | ICMP_NOT_FORWARDED:
            raise Refused("icmp_error_nested")

    # The translation.

    def _translate(self, realm: int, packet: Packet) -> tuple[int, bytes]:
        port = self.ports[realm]
        error = packet.is_icmp_error
        inner = Packet(self._quote(packet)) if error else None
        if inner is not None:
            self._admit_error(packet, inner, port)
        real_key = inner.destination if inner else packet.source
        mapped_key = inner.source if inner else packet.destination
        host = self.to_mapped(realm, real_key)
        peer = self.to_real(mapped_key)
        sender = None if host is None else Host(realm, real_key)
        if host is None or peer is None:
            host = self._unmapped(port, packet, error, host, peer)
        if packet.destination == port.broadcast():
            raise Refused("destination_broadcast")
        if packet.source == packet.destination:
            raise Refused("source_is_destination")
        out, peer_real = peer
        if out == realm and port.drops_hairpins:
            raise Refused("hairpin_not_allowed")
        self._ask_policy(packet, inner, sender, Host(out, peer_real))
        if peer_real == self.ports[out].broadcast():
            raise Refused("destination_broadcast")
        if packet.ttl <= 1:
            raise Refused("ttl_expired")
        if len(packet.data) > self.ports[out].mtu and packet.dont_fragment:
            raise Refused("exceeds_mtu", self.ports[out].mtu)
        if inner is None:
            return out, self._rewritten(self._clamped(packet, port, self.ports[out]), host, peer_real)
        reporter = self._reporter(realm, out, packet.source, host)
        quoted = self._with_quote(packet, inner, peer_real, host)
        return out, self._rewritten(quoted, reporter, peer_real)

    def _admit_error(self, packet: Packet, inner: Packet, port: Port) -> None:
        source = packet.source
        if is_martian(source) or source.is_multicast or source == port.broadcast():
            raise Refused("source_martian")
        if source == port.interface.ip:
            raise Refused("source_is_own_address")
        if checksum(packet.payload) != 0:
            raise Refused("icmp_checksum_bad")
        if self.drops_bad_inner and checksum(inner.data[: inner.header]) != 0:
            raise Refused("icmp_inner_checksum_bad")

    def _unmapped(self, port, packet, error, host, peer) -> IPv4Address:
        source, destination, own = packet.source, packet.destination, port.interface.ip
        if is_martian(source) or source.is_multicast or source == port.broadcast():
            raise Refused("source_martian")
        if destination.is_multicast or destination in (port.broadcast(), IPv4Address("255.255.255.255")):
            raise Refused("destination_broadcast")
        if is_martian(destination):
            raise Refused("destination_martian")
        if source == destination:
            raise Refused("source_is_destination")
        if source == own:
            raise Refused("source_is_own_address")
        if destination == own:
            raise ForNatto
        if error:
            raise Refused("icmp_error_not_mapped")
        if host is not None:
            raise Refused("destination_not_mapped")
        if peer is None or not port.passes_unmapped:
            raise Refused("source_not_mapped")
        if self.to_real(source) is not None:
            raise Refused("source_is_mapped_address")
        return source

    def _ask_policy(self, packet: Packet, inner: Packet | None, host: Host | None, peer: Host) -> None:
        """An error may pass if what it quotes might, which went the other way."""
        if inner is None:
            reason = self.policy.refusal(host, peer, packet)
        else:
            end = max(inner.header, get16(inner.data, 2))
            reason = self.policy.refusal(peer, host, Packet(inner.data[:end]), quoted=True)
        if reason:
            raise Refused(reason)

    def _reporter(self, realm: int, out: int, source: IPv4Address, host: IPv4Address) -> IPv4Address:
        mapped = self.to_mapped(realm, source)
        if mapped is not None:
            return mapped
        if self.outer_source == "drop":
            raise Refused("icmp_error_source_not_mapped")
        return self.ports[out].interface.ip if self.outer_source == "own" else host

    @staticmethod
    def _clamped(packet: Packet, port: Port, out: Port) -> Packet:
        """The MSS options of a SYN, where a port of the two clamps."""
        clamps = [p.mss_clamp for p in (port, out) if p.mss_clamp is not None]
        if packet.protocol != TCP or packet.offset or not packet.payload[13] & 2 or not clamps:
            return packet
        most = min([port.mtu - 40, out.mtu - 40, *clamps])
        segment = bytearray(packet.payload)
        end = (segment[12] >> 4) * 4
        at = 20
        while end <= len(segment) and at < end - 1 and segment[at] != 0:
            size = 1 if segment[at] == 1 else segment[at + 1]
            if (size < 2 and segment[at] != 1) or at + size > end:
                break
            if segment[at : at + 2] == b"\2\4" and get16(segment, at + 2) > most:
                # In an odd place its bytes count as those of two other words.
                weight = 256 if at % 2 else 1
                moved = (get16(segment, at + 2) - most) * weight
                put16(segment, 16, (get16(segment, 16) + moved) % 65535)
                put16(segment, at + 2, most)
            at += size
        return Packet(packet.data[: packet.header] + bytes(segment))

    def _rewritten(self, packet: Packet, source: IPv4Address, destination: IPv4Address) -> bytes:
        data = bytearray(self._readdressed(packet, len(packet.data), source, destination))
        data[8] -= 1
        put16(data, 10, 0)
        put16(data, 10, checksum(bytes(data[: packet.header])))
        return bytes(data)

    @staticmethod
    def _readdressed(packet: Packet, end: int, source: IPv4Address, destination: IPv4Address) -> bytes:
        """Addresses and transport checksum, if it lies before `end`; the header checksum is left."""
        data = bytearray(packet.data)
        data[12:20] = source.packed + destination.packed
        at = CHECKSUM_AT.get(packet.protocol)
        if at is None or packet.offset or packet.header + at + 2 > end:
            return bytes(data)
        at += packet.header
        before = get16(data, at)
        may_be_zero = packet.protocol in (UDP, UDPLITE)
        if may_be_zero and before == 0:
            return bytes(data)
        moved = word_sum(packet.data[12:16]) + word_sum(packet.data[16:20])
        moved -= word_sum(data[12:16]) + word_sum(data[16:20])
        after = (before + moved) % 65535
        put16(data, at, 0xFFFF if after == 0 and may_be_zero else after)
        return bytes(data)

    def _with_quote(self, packet: Packet, inner: Packet, source: IPv4Address, destination: IPv4Address) -> Packet:
        end = min(len(inner.data), get16(inner.data, 2))
        quote = bytearray(self._readdressed(inner, end, source, destination))
        moved = word_sum(inner.data[12:16]) + word_sum(inner.data[16:20])
        moved -= word_sum(quote[12:16]) + word_sum(quote[16:20])
        put16(quote, 10, (get16(inner.data, 10) + moved) % 65535)
        start = packet.header + 8
        data = bytearray(packet.data)
        data[start : start + len(quote)] = quote
        put16(data, packet.header + 2, 0)
        put16(data, packet.header + 2, checksum(bytes(data[packet.header :])))
        return Packet(bytes(data))

    @staticmethod
    def _fragments(data: bytes, mtu: int) -> list[bytes]:
        if len(data) <= mtu:
            return [data]
        packet = Packet(data)
        step = (mtu - packet.header) // 8 * 8
        pieces = []
        for at in range(0, len(packet.payload), step):
            body = packet.payload[at : at + step]
            last = at + step >= len(packet.payload)
            head = bytearray(data[: packet.header])
            flags = get16(data, 6) & 0x8000 | (get16(data, 6) & 0x2000 if last else 0x2000)
            put16(head, 2, len(head) + len(body))
            put16(head, 6, flags | (packet.offset + at) // 8)
            put16(head, 10, 0)
            put16(head, 10, checksum(bytes(head)))
            pieces.append(bytes(head) + body)
        return pieces

    # What natto says about a packet that it dropped.

    def _answer(self, realm: int, frame: bytes, reason: str, refused: Refused) -> list[tuple[int, bytes]]:
        kinds = {"ttl_expired": (11, 0), "exceeds_mtu": (3, 4)}
        kinds |= {"source_not_mapped": (3, 13), "hairpin_not_allowed": (3, 13)}
        if self.policy.answers:
            kinds |= {"not_allowed": (3, 13), "opened_by_other_side": (3, 13)}
        if reason not in kinds or not self.answers:
            return []
        packet = Packet(frame[14 : 14 + get16(frame, 16)])
        if packet.offset or packet.is_icmp_error:
            return []
        port = self.ports[realm]
        mtu = refused.args[1] if len(refused.args) > 1 else 0
        message = bytearray(struct.pack("!BBHHH", *kinds[reason], 0, 0, mtu))
        message += packet.data[: min(548, port.mtu - 28)]
        put16(message, 2, checksum(bytes(message)))
        ip = bytearray(struct.pack("!BBHHHBBH", 0x45, 0xC0, 20 + len(message), 0, 0x4000, 64, ICMP, 0))
        ip += port.interface.ip.packed + packet.source.packed
        put16(ip, 10, checksum(bytes(ip)))
        return [(realm, frame[6:12] + port.mac + b"\x08\x00" + bytes(ip + message))]
