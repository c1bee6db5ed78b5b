"""Whom a table's rules let pass: every rule is asked, each way round, by P1 to P6 of doc/requirements.toml."""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

ICMP, TCP, UDP, DCCP, SCTP, UDPLITE = 1, 6, 17, 33, 132, 136
NAMES = {"icmp": ICMP, "tcp": TCP, "udp": UDP, "dccp": DCCP, "gre": 47, "esp": 50, "ah": 51, "sctp": SCTP}
NAMES |= {"udplite": UDPLITE}
WITH_PORTS = {TCP, UDP, UDPLITE, SCTP, DCCP}
ICMP_REPLIES = {0, 9, 14, 16, 18, 38, 43}
SYN, ACK, SCTP_INIT, DCCP_REQUEST = 0x02, 0x10, 1, 0


@dataclass(frozen=True)
class Host:
    realm: int
    real: IPv4Address


@dataclass
class Side:
    """Real addresses of mapped hosts, as `from`, `to` or `between` name them."""

    networks: list[tuple[int, IPv4Network]]

    def has(self, host: Host | None) -> bool:
        """None: an address without a mapping, which no rule can name."""
        return host is not None and any(host.realm == realm and host.real in real for realm, real in self.networks)


@dataclass
class Rule:
    ways: list[tuple[Side, Side]]  # who may open, and to whom
    protocols: set[int]  # none: all
    ports: list[range]  # none: all

    def serves(self, protocol: int, port: int | None) -> bool:
        """Whether it is about such a packet; None: nobody knows the port."""
        if self.protocols and protocol not in self.protocols:
            return False
        if not self.ports:
            return True
        return protocol in WITH_PORTS and (port is None or any(port in ports for ports in self.ports))


@dataclass
class Conversation:
    """What a packet tells of its conversation: its own header, or the one that an ICMP error quotes."""

    protocol: int
    ports: tuple[int | None, int | None]
    opens: bool = False
    asks: bool = False
    answers: bool = False


def conversation_of(packet, quoted: bool) -> Conversation:
    """`packet` ends where its data or its total length does. A quote may have been cut off anywhere."""
    protocol, payload = packet.protocol, packet.payload
    if packet.offset:
        # It would replace the type that the first fragment has.
        over_type = packet.offset == 8 and protocol in (SCTP, DCCP)
        return Conversation(protocol, (None, None), opens=over_type)
    if protocol == ICMP and payload:
        answers = payload[0] in ICMP_REPLIES
        return Conversation(protocol, (None, None), asks=not answers, answers=answers)
    if len(payload) >= 4:
        ports = int.from_bytes(payload[:2]), int.from_bytes(payload[2:4])
    else:
        ports = (None, None) if quoted else (0, 0)
    hides_type = packet.more_fragments and not quoted
    opens = {
        TCP: len(payload) > 13 and payload[13] & (SYN | ACK) == SYN,
        SCTP: payload[12] == SCTP_INIT if len(payload) > 12 else hides_type,
        DCCP: len(payload) > 8 and payload[8] >> 1 & 15 == DCCP_REQUEST,
    }
    return Conversation(protocol, ports, opens=opens.get(protocol, False))


class Policy:
    def __init__(self, table: dict, realms: list[str], mappings: list) -> None:
        """`mappings`: what has a realm and a real network, in the order of table["mapping"]."""
        policy = table.get("policy", {})
        self.denies = policy.get("default", "allow") == "deny"
        self.answers = policy.get("answer", "prohibited") == "prohibited"
        self._realms = realms
        self._mappings = {m["name"]: (at.realm, at.real) for m, at in zip(table["mapping"], mappings)}
        self.rules = [self._rule(rule) for rule in table.get("allow", [])]

    def _rule(self, rule: dict) -> Rule:
        if "between" in rule:
            one, other = (self._side([name]) for name in rule["between"])
            ways = [(one, other), (other, one)]
        else:
            ways = [(self._side(listed(rule["from"])), self._side(listed(rule["to"])))]
        protocols = {NAMES[p] if p in NAMES else int(p) for p in listed(rule.get("protocol", []))}
        ports = [port_range(str(text)) for text in listed(rule.get("ports", []))]
        return Rule(ways, protocols, ports)

    def _side(self, names: list[str]) -> Side:
        return Side([network for name in names for network in self._networks(name)])

    def _networks(self, name: str) -> list[tuple[int, IPv4Network]]:
        if name in self._mappings:
            return [self._mappings[name]]
        before, _, after = name.rpartition(":")
        if before == "realm":
            return [(self._realms.index(after), IPv4Network("0.0.0.0/0"))]
        prefix = IPv4Network(after)
        if before:
            return [(self._realms.index(before), prefix)]
        return [(realm, prefix) for realm, real in self._mappings.values() if prefix.overlaps(real)]

    def refusal(self, source: Host | None, destination: Host | None, packet, quoted: bool = False) -> str | None:
        """Why a packet from one host to the other may not pass."""
        if not self.denies:
            return None
        seen = conversation_of(packet, quoted)
        reason = "not_allowed"
        for rule in self.rules:
            for opener, opened in rule.ways:
                there = opener.has(source) and opened.has(destination)
                if there and rule.serves(seen.protocol, seen.ports[1]) and not seen.answers:
                    return None
                back = opened.has(source) and opener.has(destination)
                if back and rule.serves(seen.protocol, seen.ports[0]) and not seen.asks:
                    if not seen.opens:
                        return None
                    reason = "opened_by_other_side"
        return reason


def listed(value) -> list:
    return value if isinstance(value, list) else [value]


def port_range(text: str) -> range:
    first, _, last = text.partition("-")
    return range(int(first), int(last or first) + 1)
