"""What passes: each protocol, both directions, every kind of table."""

from golden import A, B, HOSTS, Ether, Raw, answer, raw, write
from scapy.layers.inet import ICMP, IP, TCP, UDP, IPOption, IPOption_RR
from scapy.layers.l2 import ARP, Dot1Q

A_SENDS = {"src": "10.1.1.10", "dst": "172.30.7.20"}
B_GETS = {"src": "172.31.1.10", "dst": "192.168.7.20"}
B_SENDS = {"src": "192.168.7.20", "dst": "172.31.1.10"}
A_GETS = {"src": "172.30.7.20", "dst": "10.1.1.10"}


def both_ways(make) -> dict:
    """`make(addresses, ttl)` from a to b and from b to a."""
    return {
        "arrives": {A: [make(A_SENDS, 64)], B: [make(B_SENDS, 64)]},
        "leaves": {B: [make(B_GETS, 63)], A: [make(A_GETS, 63)]},
    }


def a_to_b(*makers, **rest) -> None:
    """Packets from a to b that arrive there with new addresses, one hop older."""
    name = rest.pop("name")
    write(name, arrives={A: [m(A_SENDS, 64) for m in makers]}, leaves={B: [m(B_GETS, 63) for m in makers]}, **rest)


write("001_R1_R2_tcp", **both_ways(lambda ip, ttl: IP(ttl=ttl, id=7, **ip) / TCP(sport=40000, dport=443) / b"hello"))
write("002_R1_R2_udp", **both_ways(lambda ip, ttl: IP(ttl=ttl, id=8, **ip) / UDP(sport=5000, dport=53) / b"hello"))
write("003_R6_ping", **both_ways(lambda ip, ttl: IP(ttl=ttl, **ip) / ICMP(type=8, id=0x77, seq=1) / b"abcdefgh"))
a_to_b(lambda ip, ttl: IP(ttl=ttl, **ip) / UDP(sport=1, dport=2, chksum=0) / b"unsummed", name="004_R4_udp_without_checksum")

TV1 = "450000281234400040066a5f0a01010aac1e07149c4001bb01020304000000005002faf054b30000"
TV1_OUT = "45000028123440003f06b4b6ac1f010ac0a807149c4001bb01020304000000005002faf09e0a0000"
TV2 = "4500001e1234400040116a5e0a01010aac1e071413880035000ab6a87737"
TV2_OUT = "4500001e123440003f11b4b5ac1f010ac0a8071413880035000affff7737"
VECTORS = [
    (TV1, TV1_OUT),
    (TV1.replace("54b3", "54b2"), TV1_OUT.replace("9e0a", "9e09")),
    (TV2, TV2_OUT),
    (TV2.replace("b6a87737", "ffff2de0"), TV2_OUT.replace("ffff7737", "49572de0")),
    (TV2.replace("b6a87737", "00006869"), TV2_OUT.replace("ffff7737", "00006869")),
    (TV1.replace("01020304", "0000a210").replace("54b3", "b6a8"), TV1_OUT.replace("01020304", "0000a210").replace("9e0a", "0000")),
    ("45000024424220b9401159910a01010aac1e0714" + "aa" * 16, "45000024424220b93f11a3e8ac1f010ac0a80714" + "aa" * 16),
    (
        "4600002c1234400040062ca90a01010aac1e07145e04dead9c4001bb01020304000000005002faf054b30000",
        "4600002c123440003f067700ac1f010ac0a807145e04dead9c4001bb01020304000000005002faf09e0a0000",
    ),
]
write("005_R2_R3_R4_R17_R23_conformance_vectors", arrives={A: [raw(v) for v, _ in VECTORS]}, leaves={B: [raw(v) for _, v in VECTORS]})

write(
    "006_R31_R32_R4_icmp_error_vectors",
    arrives={
        B: [
            raw(
                "45c00044123400003c019af2c0a86301ac1f010a0304723800000578450005dc123440003e06b002ac1f010ac0a80714"
                "9c4001bb01020304000000005010faf098480000"
            ),
            raw("4500003a123400004001f3a9c0a80714ac1f010a030380cc000000004500001e123400003d11f6b5ac1f010ac0a8071413880035000a00006869"),
        ]
    },
    leaves={
        A: [
            raw(
                "45c00044123400003b0157b90a0100010a01010a0304bb8f00000578450005dc123440003e0666ab0a01010aac1e0714"
                "9c4001bb01020304000000005010faf04ef10000"
            ),
            raw("4500003a123400003f01ab52ac1e07140a01010a030380cc000000004500001e123400003d11ad5e0a01010aac1e071413880035000a00006869"),
        ]
    },
)

a_to_b(
    lambda ip, ttl: IP(ttl=ttl, flags=0, frag=3, proto=17, **ip) / Raw(b"last"),
    lambda ip, ttl: IP(ttl=ttl, flags="MF", frag=1, proto=17, **ip) / Raw(b"m" * 16),
    lambda ip, ttl: IP(ttl=ttl, flags="MF", frag=1, proto=17, **ip) / Raw(b"n" * 16),
    name="007_R17_H10_fragments_reversed_and_overlapping",
)
a_to_b(
    *(lambda ip, ttl, proto=proto: IP(ttl=ttl, proto=proto, **ip) / Raw(bytes(range(40))) for proto in (2, 4, 41, 47, 50, 132, 253)),
    name="008_R5_protocols_without_a_pseudo_header",
)
a_to_b(
    *(lambda ip, ttl, tos=tos: IP(ttl=ttl, tos=tos, **ip) / UDP() / b"t" for tos in range(256)),
    name="009_R10_every_tos",
)
a_to_b(
    *(lambda ip, ttl, flags=flags: IP(ttl=ttl, id=0xBEEF, flags=flags, **ip) / UDP() / b"f" for flags in (0, 2, 4, 6)),
    name="010_R9_R11_identification_and_flags",
)
a_to_b(
    lambda ip, ttl: IP(ttl=ttl, **ip) / TCP(sport=1025, dport=21, flags="PA") / b"PORT 10,1,1,10,19,137\r\n",
    name="011_R7_ftp_payload",
)
a_to_b(
    lambda ip, ttl: IP(ttl=ttl, options=[IPOption(b"\x94\x04\0\0")], **ip) / UDP() / b"router alert",
    lambda ip, ttl: IP(ttl=ttl, options=[IPOption(b"\x01")] * 40, **ip) / UDP() / b"no operations",
    lambda ip, ttl: IP(ttl=ttl, options=[IPOption_RR(routers=["0.0.0.0"])], **ip) / UDP() / b"switched on",
    name="012_R23_H7_options_that_pass",
    a='record_route = "pass"',
)

PREFIXES = [
    ("host", A, "10.1.1.10", "172.31.1.10"),
    ("net", B, "10.34.0.0/20", "10.50.16.0/20"),
    ("host-beside-it", B, "10.34.16.1", "10.50.32.9"),
]
write(
    "013_R1_prefixes_and_hosts",
    mappings=PREFIXES,
    arrives={
        A: [IP(src="10.1.1.10", dst=d) / UDP() / b"p" for d in ("10.50.16.0", "10.50.31.255", "10.50.32.9")],
        B: [IP(src="10.34.4.33", dst="172.31.1.10") / UDP() / b"q"],
    },
    leaves={
        B: [IP(src="172.31.1.10", dst=d, ttl=63) / UDP() / b"p" for d in ("10.34.0.0", "10.34.15.255", "10.34.16.1")],
        A: [IP(src="10.50.20.33", dst="10.1.1.10", ttl=63) / UDP() / b"q"],
    },
)
write(
    "014_R1_overlapping_realms",
    mappings=[("a", A, "10.0.0.10", "172.31.1.10"), ("b", B, "10.0.0.10", "172.30.7.20")],
    arrives={
        A: [IP(src="10.0.0.10", dst="172.30.7.20") / TCP() / b"a"],
        B: [IP(src="10.0.0.10", dst="172.31.1.10") / TCP() / b"b"],
    },
    leaves={
        B: [IP(src="172.31.1.10", dst="10.0.0.10", ttl=63) / TCP() / b"a"],
        A: [IP(src="172.30.7.20", dst="10.0.0.10", ttl=63) / TCP() / b"b"],
    },
)
write(
    "015_R38_hairpin",
    mappings=[("one", A, "10.1.1.10", "172.31.1.10"), ("two", A, "10.1.1.11", "172.31.1.11")],
    arrives={A: [IP(src="10.1.1.10", dst="172.31.1.11") / UDP() / b"h"]},
    leaves={A: [IP(src="172.31.1.10", dst="10.1.1.11", ttl=63) / UDP() / b"h"]},
)
write(
    "016_R24_unmapped_senders_that_may_pass",
    a='source_not_mapped = "pass"',
    arrives={A: [IP(src=s, dst="172.30.7.20") / UDP() / b"u" for s in ("10.1.1.99", "172.31.1.10", "10.1.0.1")]},
    leaves={B: [IP(src="10.1.1.99", dst="192.168.7.20", ttl=63) / UDP() / b"u"]},
    drops={"source_is_own_address": 1, "source_is_mapped_address": 1},
)
write(
    "017_H5_padding_is_cut_off",
    arrives={A: [bytes(IP(**A_SENDS) / UDP() / b"x") + b"\xee" * n for n in range(1, 27)]},
    leaves={B: [IP(ttl=63, **B_GETS) / UDP() / b"x"] * 26},
)
write(
    "018_R25_R39_what_natto_answers",
    arrives={
        A: [
            Ether(src="02:00:00:00:00:02", dst="ff:ff:ff:ff:ff:ff")
            / ARP(op=1, hwsrc="02:00:00:00:00:02", psrc="10.1.1.10", pdst=who)
            for who in ("10.1.0.1", "172.30.7.20", "172.31.1.10", "10.1.1.11")
        ]
        + [IP(src="10.1.1.10", dst="10.1.0.1") / ICMP(id=1, seq=2) / b"natto?"]
    },
    leaves={
        A: [
            Ether(src="02:70:63:61:70:00", dst="02:00:00:00:00:02")
            / ARP(op=2, hwsrc="02:70:63:61:70:00", psrc=who, hwdst="02:00:00:00:00:02", pdst="10.1.1.10")
            for who in ("10.1.0.1", "172.30.7.20")
        ]
        + [answer(A, IP(src="10.1.0.1", dst="10.1.1.10") / ICMP(type=0, id=1, seq=2) / b"natto?")]
    },
    consumed=3,
    generated=3,
    drops={"arp_not_for_natto": 2},
)
DATA = bytes(range(256)) * 4
WHOLE = IP(ttl=63, id=9, **B_GETS) / UDP(sport=1, dport=2) / DATA
BODY = bytes(WHOLE)[20:]
write(
    "019_R16_fragmentation",
    b="mtu = 576",
    arrives={A: [IP(id=9, **A_SENDS) / UDP(sport=1, dport=2) / DATA]},
    leaves={
        B: [
            IP(ttl=63, id=9, flags="MF", proto=17, **B_GETS) / Raw(BODY[:552]),
            IP(ttl=63, id=9, frag=69, proto=17, **B_GETS) / Raw(BODY[552:]),
        ]
    },
    fragmented=1,
    fragments=2,
)

write(
    "020_H2_H3_frames_that_are_not_ipv4",
    arrives={
        A: [
            Ether(src="02:00:00:00:00:02", dst="02:00:00:00:00:01") / Dot1Q(vlan=7) / IP(**A_SENDS) / UDP(),
            Ether(bytes.fromhex("020000000001 020000000002 86dd".replace(" ", "")) + bytes(40)),
            Ether(bytes.fromhex("0180c200000e 020000000002 88cc".replace(" ", "")) + bytes(20)),
        ]
    },
    drops={"vlan_tagged": 1, "ipv6": 1, "ethertype_unsupported": 1},
)

# What each SYN announces before and after, where the larger MTU is 9001 and the smaller 1500.
MSS = [
    ([("MSS", 8961)], [("MSS", 1460)]),
    ([("NOP", None), ("MSS", 8961)], [("NOP", None), ("MSS", 1460)]),
    ([("SAckOK", b""), ("MSS", 1461), ("WScale", 7)], [("SAckOK", b""), ("MSS", 1460), ("WScale", 7)]),
    ([("NOP", None)] * 36 + [("MSS", 65535)], [("NOP", None)] * 36 + [("MSS", 1460)]),
    ([("MSS", 8961), ("MSS", 9000)], [("MSS", 1460), ("MSS", 1460)]),
    ([("MSS", 1460)], [("MSS", 1460)]),
    ([("MSS", 536)], [("MSS", 536)]),
    ([("Timestamp", (1, 0))], [("Timestamp", (1, 0))]),
    ([], []),
]


def segment(ip: dict, ttl: int, flags: str, options: list) -> IP:
    return IP(ttl=ttl, **ip) / TCP(sport=40000, dport=443, flags=flags, options=options) / b"early data"


def damaged(packet: IP) -> bytes:
    """On its way, after its sender made the checksum."""
    data = bytes(packet)
    return data[:-1] + bytes([data[-1] ^ 0x10])


write(
    "021_R3_R41_mss_lowered_to_what_both_mtus_carry",
    a='mtu = 9001\ntcp_mss_clamp = "auto"',
    arrives={
        A: [segment(A_SENDS, 64, "S", before) for before, _ in MSS]
        + [segment(A_SENDS, 64, flags, MSS[0][0]) for flags in ("SEC", "A", "RA")]
        + [damaged(segment(A_SENDS, 64, "S", before)) for before, _ in MSS[:3]],
        B: [segment(B_SENDS, 64, "SA", before) for before, _ in MSS],
    },
    leaves={
        B: [segment(B_GETS, 63, "S", after) for _, after in MSS]
        + [segment(B_GETS, 63, "SEC", MSS[0][1])]
        + [segment(B_GETS, 63, flags, MSS[0][0]) for flags in ("A", "RA")]
        + [damaged(segment(B_GETS, 63, "S", after)) for _, after in MSS[:3]],
        A: [segment(A_GETS, 63, "SA", after) for _, after in MSS],
    },
)


def with_options(ip: dict, ttl: int, words: int, options: str) -> IP:
    """A SYN whose header says that it has `words` words, with these options as they are."""
    return IP(ttl=ttl, **ip) / TCP(sport=40000, dport=443, flags="S", dataofs=words) / Raw(raw(options) + b"data")


MALFORMED = [
    (6, "02002305"),
    (6, "02012305"),
    (6, "02032305"),
    (7, "0206230523050000"),
    (6, "01010204"),
    (6, "01010102"),
    (7, "0004230502042305"),
    (7, "08ffffff02042305"),
    (4, "02042305"),
    (5, "02042305"),
    (8, "02042305"),  # the header ends behind the packet
    (15, "02042305"),
]
a_to_b(
    *(lambda ip, ttl, words=words, options=options: with_options(ip, ttl, words, options) for words, options in MALFORMED),
    name="022_R41_malformed_tcp_options_are_left_alone",
    b="tcp_mss_clamp = 1200",
)


def pieces(ip: dict, ttl: int, mss: int, cut: int) -> list[IP]:
    """A SYN with 64 bytes, of which the first fragment has `cut`."""
    syn = TCP(sport=40000, dport=443, flags="S", options=[("MSS", mss), ("SAckOK", b""), ("WScale", 7)])
    body = bytes(IP(**ip) / syn / Raw(b"e" * 32))[20:]
    return [
        IP(ttl=ttl, id=7, flags="MF", proto=6, **ip) / Raw(body[:cut]),
        IP(ttl=ttl, id=7, frag=cut // 8, proto=6, **ip) / Raw(body[cut:]),
    ]


QUOTED = IP(ttl=60, **B_GETS) / TCP(sport=40000, dport=443, flags="S", options=[("MSS", 1200)])
QUOTED_TO_A = IP(ttl=60, **A_SENDS) / TCP(sport=40000, dport=443, flags="S", options=[("MSS", 1200)])
write(
    "023_R41_mss_in_fragments_behind_ip_options_and_quoted",
    mappings=[*HOSTS, ("host-a2", A, "10.1.1.11", "172.31.1.11")],
    b="tcp_mss_clamp = 1200",
    arrives={
        A: pieces(A_SENDS, 64, 8961, 32)
        + [IP(options=[IPOption(b"\x01")] * 40, **A_SENDS) / TCP(flags="S", options=[("NOP", None)] * 36 + [("MSS", 8961)])]
        # Between two hosts of a, no packet passes the port that clamps.
        + [segment({"src": "10.1.1.10", "dst": "172.31.1.11"}, 64, "S", [("MSS", 8961)])],
        B: [IP(**B_SENDS) / ICMP(type=3, code=1) / Raw(bytes(QUOTED))],
    },
    leaves={
        B: pieces(B_GETS, 63, 1200, 32)
        + [
            IP(ttl=63, options=[IPOption(b"\x01")] * 40, **B_GETS)
            / TCP(flags="S", options=[("NOP", None)] * 36 + [("MSS", 1200)])
        ],
        A: [segment({"src": "172.31.1.10", "dst": "10.1.1.11"}, 63, "S", [("MSS", 8961)])]
        + [IP(ttl=63, **A_GETS) / ICMP(type=3, code=1) / Raw(bytes(QUOTED_TO_A))],
    },
)
write(
    "024_R41_a_header_cut_within_its_options_is_left_alone",
    b="tcp_mss_clamp = 1200",
    arrives={A: pieces(A_SENDS, 64, 8961, 24)},
    leaves={B: pieces(B_GETS, 63, 8961, 24)},
)
