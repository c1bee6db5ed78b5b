"""Who may talk to whom: what each form of rule allows, and each way round a port rule that people try."""

from golden import A, B, HOSTS, NATTO, STATION, Ether, Raw, answer, write
from scapy.layers.inet import ICMP, IP, TCP, UDP, IPOption, in4_chksum
from scapy.layers.l2 import ARP
from scapy.layers.sctp import SCTP, SCTPChunkCookieEcho, SCTPChunkInit, SCTPChunkInitAck
from scapy.utils import checksum

A_SENDS = {"src": "10.1.1.10", "dst": "172.30.7.20"}
B_GETS = {"src": "172.31.1.10", "dst": "192.168.7.20"}
B_SENDS = {"src": "192.168.7.20", "dst": "172.31.1.10"}
A_GETS = {"src": "172.30.7.20", "dst": "10.1.1.10"}
OWN = {A: "10.1.0.1", B: "192.168.0.1"}

SILENT = '[policy]\ndefault = "deny"\nanswer = "drop"\n'
A_TO_B = '[[allow]]\nname = "a-to-b"\nfrom = "host-a"\nto = "host-b"\n'
WEB = A_TO_B + 'protocol = "tcp"\nports = ["443", "8000-8099"]\n'
REPLIES = [0, 9, 14, 16, 18, 38, 43]
QUERIES = [1, 2, 7, 8, 10, 13, 15, 17, 30, 35, 37, 39, 42, 253, 255]
REQUEST, RESPONSE, DATA = 0, 1, 2  # types of DCCP packets


def judged(name: str, rules: str, a=(), b=(), a_refused=None, b_refused=None, **rest) -> None:
    """`a` and `b`: makers of packets that pass, of a's to b and of b's to a. Refused: of those that do not, by reason."""
    a_refused, b_refused = a_refused or {}, b_refused or {}
    write(
        name,
        policy=SILENT + rules,
        arrives={
            A: [make(A_SENDS, 64) for make in [*a, *sum(a_refused.values(), [])]],
            B: [make(B_SENDS, 64) for make in [*b, *sum(b_refused.values(), [])]],
        },
        leaves={B: [make(B_GETS, 63) for make in a], A: [make(A_GETS, 63) for make in b]},
        drops={
            reason: len(a_refused.get(reason, [])) + len(b_refused.get(reason, [])) for reason in {**a_refused, **b_refused}
        },
        **rest,
    )


# Makers of packets: called with two addresses and a TTL.


def tcp(sport: int = 40000, dport: int = 40000, flags: str = "S", data: bytes = b"", options=(), tcp_options=()):
    segment = TCP(sport=sport, dport=dport, flags=flags, options=list(tcp_options))
    return lambda ip, ttl: IP(ttl=ttl, options=list(options), **ip) / segment / Raw(data)


def udp(sport: int = 40000, dport: int = 40000):
    return lambda ip, ttl: IP(ttl=ttl, **ip) / UDP(sport=sport, dport=dport) / b"data"


def sctp(chunk, sport: int = 40000, dport: int = 40000):
    return lambda ip, ttl: IP(ttl=ttl, **ip) / SCTP(sport=sport, dport=dport) / chunk


def ports(sport: int, dport: int) -> bytes:
    return sport.to_bytes(2, "big") + dport.to_bytes(2, "big")


def summed(number: int, header: bytes):
    """A header whose bytes 6 and 7 are a checksum as TCP's."""

    def make(ip: dict, ttl: int) -> IP:
        value = in4_chksum(number, IP(proto=number, **ip), header).to_bytes(2, "big")
        return IP(ttl=ttl, proto=number, **ip) / Raw(header[:6] + value + header[8:])

    return make


def udplite(sport: int = 40000, dport: int = 40000):
    return summed(136, ports(sport, dport) + bytes([0, 8, 0, 0]))


def dccp(kind: int, sport: int = 40000, dport: int = 40000):
    return summed(33, ports(sport, dport) + bytes([4, 0, 0, 0, kind << 1, 0, 0, 1]) + b"more")


def icmp(kind: int):
    message = bytes([kind, 0, 0, 0, 0, 7, 0, 1]) + b"abcdefghijkl"
    message = message[:2] + checksum(message).to_bytes(2, "big") + message[4:]
    return lambda ip, ttl: IP(ttl=ttl, proto=1, **ip) / Raw(message)


def other(number: int):
    return lambda ip, ttl: IP(ttl=ttl, proto=number, **ip) / Raw(bytes(range(40)))


def first_piece(make, length: int):
    """The first fragment of what `make` makes, with so many bytes behind its header."""

    def cut(ip: dict, ttl: int) -> IP:
        whole = make(ip, ttl)
        return IP(ttl=ttl, id=5, proto=whole.proto, flags="MF", **ip) / Raw(bytes(whole)[20 : 20 + length])

    return cut


def later_piece(number: int, offset: int):
    """A fragment that begins `offset` bytes into the packet, full of what would open or ask."""
    data = bytes([0, 2, 2, 1, 1, 2, 2, 0]) * 3
    return lambda ip, ttl: IP(ttl=ttl, id=5, proto=number, frag=offset // 8, **ip) / Raw(data)


def error(quoted, length: int | None = None, kind: int = 3, code: int = 3, **rest):
    """An ICMP error about a packet of the one that it goes to, as the sender of the error saw that packet."""

    def make(ip: dict, ttl: int) -> IP:
        seen = bytes(quoted({"src": ip["dst"], "dst": ip["src"]}, 60))
        return IP(ttl=ttl, **ip) / ICMP(type=kind, code=code, **rest) / Raw(seen[:length])

    return make


def lying(number: int, data: bytes):
    """A packet that says that it ends with its header, and does not."""
    return lambda ip, ttl: IP(ttl=ttl, proto=number, len=20, **ip) / Raw(data)


def told(realm: str, packet: IP) -> Ether:
    """natto's answer to a packet that is prohibited."""
    message = ICMP(type=3, code=13) / Raw(bytes(packet)[:548])
    return answer(realm, IP(tos=0xC0, id=0, flags="DF", src=OWN[realm], dst=packet.src) / message)


# What rules allow.

ONE = [tcp(dport=22), tcp(sport=443), udp(), icmp(8), icmp(0), other(47)]
write(
    "201_P1_rules_without_deny_forbid_nothing",
    policy=WEB,
    arrives={A: [make(A_SENDS, 64) for make in ONE], B: [make(B_SENDS, 64) for make in ONE]},
    leaves={B: [make(B_GETS, 63) for make in ONE], A: [make(A_GETS, 63) for make in ONE]},
)
judged("202_P1_without_rules_nothing_passes", "", a_refused={"not_allowed": ONE}, b_refused={"not_allowed": ONE})
judged(
    "203_P2_ports_of_the_side_that_is_opened_to",
    WEB,
    a=[tcp(dport=port) for port in (443, 8000, 8050, 8099)],
    a_refused={"not_allowed": [tcp(dport=port) for port in (22, 442, 444, 7999, 8100)] + [udp(dport=443), udplite(dport=443), tcp(sport=443)]},
    b=[tcp(sport=port, flags="SA") for port in (443, 8000, 8050, 8099)],
    b_refused={
        "not_allowed": [tcp(sport=port, flags="SA") for port in (22, 442, 444, 7999, 8100)]
        + [udp(sport=443), udplite(sport=443), tcp(dport=443), tcp(dport=443, flags="SA")]
    },
)
judged(
    "204_P1_P2_rules_add_up",
    WEB + '[[allow]]\nname = "b-to-a"\nfrom = "host-b"\nto = "host-a"\nprotocol = ["tcp", 17]\nports = 22\n',
    a=[tcp(dport=443), tcp(sport=22, flags="SA"), udp(sport=22)],
    a_refused={"not_allowed": [tcp(dport=22)], "opened_by_other_side": [tcp(sport=22)]},
    b=[tcp(dport=22), udp(dport=22), tcp(sport=443, flags="SA"), tcp(sport=443, dport=22)],
    b_refused={"not_allowed": [udp(sport=443)], "opened_by_other_side": [tcp(sport=443, dport=23)]},
)
FIVE = [tcp, udp, udplite, lambda **p: sctp(SCTPChunkInit(), **p), lambda **p: dccp(REQUEST, **p)]
FIVE_BACK = [lambda **p: tcp(flags="SA", **p), udp, udplite, lambda **p: sctp(SCTPChunkInitAck(), **p), lambda **p: dccp(RESPONSE, **p)]
judged(
    "205_P2_ports_without_a_protocol_are_of_all_that_have_ports",
    A_TO_B + "ports = 53\n",
    a=[make(dport=53) for make in FIVE],
    a_refused={"not_allowed": [make(dport=54) for make in FIVE] + [icmp(8), other(47), other(50)]},
    b=[make(sport=53) for make in FIVE_BACK],
    b_refused={"not_allowed": [make(sport=54) for make in FIVE_BACK] + [icmp(0), other(47), other(50)]},
)
judged(
    "206_P2_P3_neither_protocol_nor_ports_is_everything_but_openings",
    A_TO_B,
    a=[make() for make in [*FIVE, *FIVE_BACK]] + [icmp(8), other(47), other(50), other(253)],
    a_refused={"not_allowed": [icmp(0)]},
    b=[make() for make in FIVE_BACK] + [icmp(0), other(47), other(50), other(253)],
    b_refused={
        "opened_by_other_side": [tcp(), sctp(SCTPChunkInit()), dccp(REQUEST)],
        "not_allowed": [icmp(8)],
    },
)
judged(
    "207_P2_protocols_by_name_and_number",
    A_TO_B + 'protocol = ["gre", 50]\n',
    a=[other(47), other(50)],
    a_refused={"not_allowed": [other(4), tcp(), udp(), icmp(8)]},
    b=[other(47), other(50)],
    b_refused={"not_allowed": [other(4), tcp(flags="SA"), udp(), icmp(0)]},
)
judged(
    "208_P1_P3_between_lets_either_side_open",
    '[[allow]]\nname = "ssh"\nbetween = ["host-a", "host-b"]\nprotocol = ["tcp", "icmp"]\n'
    '[[allow]]\nname = "web"\nbetween = ["host-b", "host-a"]\nprotocol = "sctp"\nports = 443\n',
    a=[tcp(), tcp(flags="SA"), icmp(8), icmp(0), sctp(SCTPChunkInit(), dport=443), sctp(SCTPChunkInitAck(), sport=443)],
    a_refused={"not_allowed": [udp()], "opened_by_other_side": [sctp(SCTPChunkInit(), sport=443)]},
    b=[tcp(), tcp(flags="SA"), icmp(8), icmp(0), sctp(SCTPChunkInit(), dport=443), sctp(SCTPChunkInitAck(), sport=443)],
    b_refused={"not_allowed": [udp()], "opened_by_other_side": [sctp(SCTPChunkInit(), sport=443)]},
)
judged(
    "209_P4_icmp_queries_and_replies",
    A_TO_B + 'protocol = "icmp"\n',
    a=[icmp(kind) for kind in QUERIES],
    a_refused={"not_allowed": [icmp(kind) for kind in REPLIES]},
    b=[icmp(kind) for kind in REPLIES],
    b_refused={"not_allowed": [icmp(kind) for kind in QUERIES]},
)
# As b tells a of a's packets, and a tells b of b's: in whole, and as little of them as there may be.
TO_443, FROM_443 = tcp(dport=443, flags="PA", data=b"0123456789"), tcp(sport=443, flags="SA")
judged(
    "210_P4_icmp_errors_need_no_rule",
    WEB,
    a=[error(FROM_443), error(FROM_443, kind=11, code=1), error(FROM_443, length=28)],
    b=[error(TO_443, kind=3, code=4, nexthopmtu=1400), error(TO_443, kind=11, code=0), error(TO_443, kind=12, code=0)]
    + [error(TO_443, length=length) for length in (20, 22, 24, 28, 36, 40)]
    + [error(later_piece(6, 16)), error(first_piece(TO_443, 24)), error(tcp(dport=8099, options=[IPOption(b"\x01")] * 40))],
)

# Whom rules name.

NET_A = [("net-a", A, "10.1.16.0/24", "172.31.16.0/24"), *HOSTS, ("host-b-2", B, "192.168.7.21", "172.30.7.21")]


def https(ttl: int, src: str, dst: str, **fields) -> IP:
    return IP(ttl=ttl, src=src, dst=dst) / TCP(**{"sport": 40000, "dport": 443, "flags": "S", **fields})


write(
    "211_P6_parts_of_a_prefix_and_lists",
    mappings=NET_A,
    policy=SILENT + '[[allow]]\nname = "part"\nfrom = "10.1.16.64/26"\nto = ["host-b", "192.168.7.21"]\nprotocol = "tcp"\nports = 443\n',
    arrives={
        A: [https(64, f"10.1.16.{host}", f"172.30.7.{peer}") for host in (0, 63, 64, 127, 128, 255) for peer in (20, 21)]
        + [https(64, "10.1.1.10", "172.30.7.20")],
        B: [https(64, f"192.168.7.{peer}", f"172.31.16.{host}", sport=443, dport=40000, flags="SA") for host in (63, 64, 127, 128) for peer in (20, 21)],
    },
    leaves={
        B: [https(63, f"172.31.16.{host}", f"192.168.7.{peer}") for host in (64, 127) for peer in (20, 21)],
        A: [https(63, f"172.30.7.{peer}", f"10.1.16.{host}", sport=443, dport=40000, flags="SA") for host in (64, 127) for peer in (20, 21)],
    },
    drops={"not_allowed": 8 + 1 + 4},
)
write(
    "212_P6_realms_with_equal_addresses",
    mappings=[("one", A, "10.0.0.10", "172.31.1.10"), ("two", A, "10.0.0.11", "172.31.1.11"), ("three", B, "10.0.0.10", "172.30.7.20"), ("four", B, "10.0.0.11", "172.30.7.21")],
    policy=SILENT + f'[[allow]]\nname = "one"\nfrom = "{A}:10.0.0.10"\nto = "realm:{B}"\nprotocol = "tcp"\nports = 443\n',
    arrives={
        A: [https(64, "10.0.0.10", "172.30.7.20"), https(64, "10.0.0.10", "172.30.7.21"), https(64, "10.0.0.11", "172.30.7.20")],
        B: [https(64, "10.0.0.10", "172.31.1.10"), https(64, "10.0.0.10", "172.31.1.11")],
    },
    leaves={B: [https(63, "172.31.1.10", "10.0.0.10"), https(63, "172.31.1.10", "10.0.0.11")]},
    drops={"not_allowed": 3},
)
write(
    "213_P6_R38_hairpins_need_a_rule_too",
    mappings=[("one", A, "10.1.1.10", "172.31.1.10"), ("two", A, "10.1.1.11", "172.31.1.11"), HOSTS[1]],
    policy=SILENT + '[[allow]]\nname = "one-to-two"\nfrom = "one"\nto = "two"\nprotocol = "tcp"\nports = 443\n',
    arrives={
        A: [
            https(64, "10.1.1.10", "172.31.1.11"),
            https(64, "10.1.1.11", "172.31.1.10", sport=443, dport=40000, flags="SA"),
            https(64, "10.1.1.11", "172.31.1.10", sport=443, dport=40000),
            https(64, "10.1.1.11", "172.31.1.10"),
        ]
    },
    leaves={
        A: [
            https(63, "172.31.1.10", "10.1.1.11"),
            https(63, "172.31.1.11", "10.1.1.10", sport=443, dport=40000, flags="SA"),
        ]
    },
    drops={"opened_by_other_side": 1, "not_allowed": 1},
)
write(
    "214_P6_R24_an_unmapped_sender_is_nobodys_from",
    a='source_not_mapped = "pass"',
    policy=SILENT + f'[[allow]]\nname = "all"\nbetween = ["realm:{A}", "realm:{B}"]\n',
    arrives={A: [https(64, "10.1.1.10", "172.30.7.20"), https(64, "10.1.1.99", "172.30.7.20"), https(64, "10.1.1.99", "172.30.7.20", flags="A")]},
    leaves={B: [https(63, "172.31.1.10", "192.168.7.20")]},
    drops={"not_allowed": 2},
)

# Ways round a rule.

OPENING = ["S", "SEC", "SF", "SR", "SP", "SFRPUEC"]
GOING_ON = ["SA", "SAEC", "A", "PA", "FA", "RA", "R", "F", "", "FPU", "SFRPAUEC"]
judged(
    "220_P3_flags_from_the_side_that_is_opened_to",
    WEB,
    a=[tcp(dport=443, flags=flags) for flags in [*OPENING, *GOING_ON]],
    b=[tcp(sport=443, flags=flags, data=b"data") for flags in GOING_ON],
    b_refused={"opened_by_other_side": [tcp(sport=443, flags=flags) for flags in OPENING] + [tcp(sport=443, data=b"fast open")]},
)
judged(
    "221_P2_P3_source_port_443",
    WEB,
    a_refused={"not_allowed": [tcp(sport=443, dport=22)]},
    b_refused={
        "opened_by_other_side": [tcp(sport=443, dport=port) for port in (22, 443, 40000)],
        "not_allowed": [tcp(sport=40000, dport=22), tcp(sport=0, dport=22), udp(sport=443, dport=53)],
    },
)
judged(
    "222_P3_options_do_not_hide_flags_or_ports",
    WEB,
    a=[tcp(dport=443, options=[IPOption(b"\x01")] * 40)],
    a_refused={"not_allowed": [tcp(dport=22, options=[IPOption(b"\x01")] * 40)]},
    b=[tcp(sport=443, flags="SA", options=[IPOption(b"\x94\x04\0\0")])],
    b_refused={
        "opened_by_other_side": [
            tcp(sport=443, options=[IPOption(b"\x94\x04\0\0")]),
            tcp(sport=443, options=[IPOption(b"\x01")] * 40),
            # Where flags would be without options there is an ACK.
            tcp(sport=443, options=[IPOption(b"\x5e\x14" + b"\x10" * 18)]),
            tcp(sport=443, tcp_options=[("NOP", None)] * 40),
        ],
        # Where ports would be without options is 443 (01bb).
        "not_allowed": [tcp(sport=22, flags="SA", options=[IPOption(b"\1"), IPOption(b"\xbb\6data"), IPOption(b"\1")])],
    },
)
judged(
    "223_P3_syn_ack_and_rst_from_outside_only_from_the_port",
    WEB,
    b=[tcp(sport=443, dport=22, flags=flags) for flags in ("SA", "R", "RA", "A")],
    b_refused={"not_allowed": [tcp(sport=sport, dport=443, flags=flags) for flags in ("SA", "R", "RA", "A") for sport in (444, 40000)]},
)
judged(
    "224_P3_sctp_and_dccp_openings",
    A_TO_B + 'protocol = ["sctp", "dccp"]\nports = 443\n',
    a=[sctp(SCTPChunkInit(), dport=443), sctp(SCTPChunkCookieEcho(), dport=443), dccp(REQUEST, dport=443), dccp(DATA, dport=443)],
    a_refused={"not_allowed": [sctp(SCTPChunkInit(), dport=444), dccp(REQUEST, dport=444)]},
    b=[sctp(SCTPChunkInitAck(), sport=443), sctp(SCTPChunkInitAck() / SCTPChunkInit(), sport=443)]
    + [dccp(kind, sport=443) for kind in range(1, 16)],
    b_refused={
        "opened_by_other_side": [sctp(SCTPChunkInit(), sport=443), sctp(SCTPChunkInit() / SCTPChunkInitAck(), sport=443), dccp(REQUEST, sport=443)],
        "not_allowed": [sctp(SCTPChunkInitAck(), sport=444), dccp(RESPONSE, sport=444)],
    },
)
judged(
    "225_P5_H9_fragments_neither_hide_nor_replace",
    A_TO_B + 'protocol = ["tcp", "udp", "sctp", "dccp"]\nports = 443\n',
    a=[first_piece(tcp(dport=443, data=b"more"), 24), first_piece(sctp(SCTPChunkInit(), dport=443), 8), first_piece(dccp(REQUEST, dport=443), 16)]
    + [later_piece(6, 16), later_piece(17, 8), later_piece(132, 8), later_piece(33, 8)],
    a_refused={
        "not_allowed": [first_piece(tcp(dport=22, data=b"more"), 24), first_piece(udp(dport=53), 8), later_piece(47, 8), later_piece(1, 8)],
        "tcp_fragment_tiny": [first_piece(tcp(dport=443), 16), later_piece(6, 8)],
    },
    b=[first_piece(tcp(sport=443, flags="SA", data=b"more"), 24), first_piece(sctp(SCTPChunkInitAck(), sport=443), 16), first_piece(dccp(RESPONSE, sport=443), 16)]
    + [later_piece(6, 16), later_piece(17, 8), later_piece(132, 16), later_piece(33, 16)],
    b_refused={
        "opened_by_other_side": [
            first_piece(tcp(sport=443, data=b"more"), 24),
            first_piece(sctp(SCTPChunkInit(), sport=443), 16),
            first_piece(sctp(SCTPChunkInitAck(), sport=443), 8),  # hides the chunk
            later_piece(132, 8),  # replaces it
            first_piece(dccp(REQUEST, sport=443), 16),
            later_piece(33, 8),
        ],
        "not_allowed": [first_piece(tcp(sport=444, flags="SA", data=b"more"), 24), later_piece(47, 8)],
        "tcp_fragment_tiny": [first_piece(tcp(sport=443, flags="SA"), 16), later_piece(6, 8)],
    },
)
# All that a forged quote gains is that the error itself passes.
judged(
    "226_P4_quoted_forgeries",
    WEB,
    a_refused={
        "opened_by_other_side": [error(tcp(sport=443)), error(tcp(sport=443), length=34)],
        "not_allowed": [error(tcp(sport=444, flags="SA")), error(tcp(dport=443)), error(udp(sport=443)), error(icmp(0))],
    },
    b=[error(tcp(dport=443)), error(lying(6, ports(40000, 22)))],
    b_refused={
        "not_allowed": [
            error(tcp(dport=22)),
            error(tcp(dport=22), length=28),
            error(tcp(sport=443, dport=22, flags="SA")),
            error(tcp(dport=22, options=[IPOption(b"\x01")] * 40)),
            error(first_piece(tcp(dport=22, data=b"more"), 24)),
            error(udp(dport=443)),
            error(icmp(8)),
            error(later_piece(17, 8)),
            error(other(47)),
        ]
    },
)

# What the sender of a refused packet is told, and what is natto's own.

REFUSED = [make(A_SENDS, 64) for make in (tcp(dport=22), udp(dport=443, sport=1), first_piece(tcp(dport=22, data=b"more"), 24), icmp(8))]
SHORT_OF_LIFE = tcp(dport=22)(A_SENDS, 1)  # no Time Exceeded: nobody learns how far natto is
LARGE = IP(flags="DF", **A_SENDS) / UDP(sport=1, dport=53) / Raw(bytes(1400))
OPENED = tcp(sport=443)(B_SENDS, 64)
write(
    "230_P8_R18_the_sender_is_told",
    b="mtu = 1000",
    policy='[policy]\ndefault = "deny"\n' + WEB,
    arrives={
        A: [*REFUSED, SHORT_OF_LIFE, LARGE, later_piece(17, 16)(A_SENDS, 64), error(tcp(sport=444))(A_SENDS, 64)],
        B: [OPENED, error(tcp(dport=22))(B_SENDS, 64)],
    },
    leaves={A: [told(A, packet) for packet in [*REFUSED, SHORT_OF_LIFE, LARGE]], B: [told(B, OPENED)]},
    generated=7,
    drops={"not_allowed": 9, "opened_by_other_side": 1},
)


def own_error(packet: IP, **icmp) -> Ether:
    return answer(A, IP(tos=0xC0, id=0, flags="DF", src=OWN[A], dst=packet.src) / ICMP(**icmp) / Raw(bytes(packet)[:548]))


OLD = tcp(dport=443)(A_SENDS, 1)
TOO_LARGE = IP(flags="DF", **A_SENDS) / TCP(sport=40000, dport=443, flags="A") / Raw(bytes(1000))
QUESTION = ARP(op=1, hwsrc=STATION, psrc="10.1.1.10", pdst=OWN[A])
write(
    "231_P9_what_natto_itself_says",
    b="mtu = 1000",
    policy=SILENT + WEB,
    arrives={
        A: [
            Ether(src=STATION, dst="ff:ff:ff:ff:ff:ff") / QUESTION,
            IP(src="10.1.1.10", dst=OWN[A]) / ICMP(id=1, seq=2) / b"natto?",
            IP(src="10.1.1.99", dst=OWN[A]) / ICMP(id=1, seq=2) / b"natto?",
            OLD,
            TOO_LARGE,
        ]
    },
    leaves={
        A: [
            Ether(src=NATTO[A], dst=STATION) / ARP(op=2, hwsrc=NATTO[A], psrc=OWN[A], hwdst=STATION, pdst="10.1.1.10"),
            answer(A, IP(src=OWN[A], dst="10.1.1.10") / ICMP(type=0, id=1, seq=2) / b"natto?"),
            answer(A, IP(src=OWN[A], dst="10.1.1.99") / ICMP(type=0, id=1, seq=2) / b"natto?"),
            own_error(OLD, type=11, code=0),
            own_error(TOO_LARGE, type=3, code=4, nexthopmtu=1000),
        ]
    },
    consumed=3,
    generated=5,
    drops={"ttl_expired": 1, "exceeds_mtu": 1},
)
