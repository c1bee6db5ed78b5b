"""BGP between routers of both companies, with bird, across natto (multihop)."""

from border import by_a, by_b
from lab.patience import until
from lab.process import Process
from lab.real_case import A_MAPPED, A_REAL, B_MAPPED, B_REAL, MIDDLE

B_NETWORK = "198.51.100.0/24"
A_NETWORK = "203.0.113.0/24"


def bird(border, host, own: str, peer: str, number: int, network: str, export: str, processes: list[Process]) -> str:
    """A router with one network, which it tells the other company's. Its control socket's path."""
    socket = border.folder("bird") / "bird.ctl"
    settings = border.file(
        "bird.conf",
        f"router id 0.0.0.{number};\nprotocol device {{}}\n"
        f"protocol static {{ ipv4; route {network} blackhole;\n"
        f"  route {MIDDLE} via {own.rsplit('.', 1)[0]}.1; }}\n"
        f"protocol bgp peer {{ local {own} as {65000 + number}; neighbor {peer} as {65003 - number}; multihop 4;\n"
        f"  connect delay time 1; connect retry time 1; error wait time 1, 2;\n"
        f"  ipv4 {{ import all; export filter {{ if net = {MIDDLE} then reject; {export} accept; }}; }}; }}\n",
    )
    processes.append(Process(host.inside("bird", "-f", "-c", str(settings), "-s", str(socket)), border.file("bird")))
    return str(socket)


def learned(border, export_b: str, export_a: str) -> str:
    """What A's router knows of B's network."""
    processes: list[Process] = []
    try:
        a = bird(border, border.a, A_REAL, B_MAPPED, 1, A_NETWORK, export_a, processes)
        b = bird(border, border.b, B_REAL, A_MAPPED, 2, B_NETWORK, export_b, processes)

        def knows(host, socket: str, network: str) -> bool:
            return "BGP" in show(host, socket, network)

        def show(host, socket: str, network: str) -> str:
            words = ("sh", "-c", f"birdc -s {socket} show route all for {network} || true")
            return host.run(*words)

        assert until(lambda: knows(border.a, a, B_NETWORK) and knows(border.b, b, A_NETWORK), seconds=30)
        return show(border.a, a, B_NETWORK)
    finally:
        for process in processes:
            process.kill()


def test_bgp_tells_real_next_hops(border) -> None:
    with border.finds(
        by_b("BGP", "bgp.update.path_attribute.next_hop"), by_a("BGP", "bgp.update.path_attribute.next_hop")
    ):
        route = learned(border, "", "")
        assert f"BGP.next_hop: {B_REAL}" in route
        assert "unreachable" in route


def test_bgp_works_with_mapped_next_hops(border) -> None:
    with border.finds():
        route = learned(border, f"bgp_next_hop = {B_MAPPED};", f"bgp_next_hop = {A_MAPPED};")
        assert f"BGP.next_hop: {B_MAPPED}" in route
        assert "unreachable" not in route
