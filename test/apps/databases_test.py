"""Redis, Redis Cluster and etcd: a client at A, the servers at B."""

import json
from itertools import count

from border import by_b
from lab.patience import until
from lab.real_case import B_MAPPED, B_REAL

NODES = (7001, 7002, 7003)
SLOTS = 16_384
KEYS = [f"key{n}" for n in range(12)]  # some for each node


def test_redis_works_as_it_comes(border, start) -> None:
    start(border.b, "tcp", 6379, "redis-server", "--protected-mode", "no", "--save", "", "--dir", "/run")
    with border.finds():
        border.a.run("redis-cli", "-h", B_MAPPED, "set", "name", "value")
        assert border.a.run("redis-cli", "-h", B_MAPPED, "get", "name") == "value\n"


def start_cluster(border, start, *settings: str) -> None:
    """Three nodes on B, that have all slots between them."""
    for port in NODES:
        start(
            *(border.b, "tcp", port),
            *("redis-server", "--port", str(port), "--protected-mode", "no", "--save", ""),
            *("--dir", str(border.folder("node")), "--cluster-enabled", "yes", *settings),
        )

    def ask(port: int, *words: str) -> str:
        return border.b.run("redis-cli", "-p", str(port), "cluster", *words)

    for number, port in enumerate(NODES):
        first, end = (SLOTS * n // len(NODES) for n in (number, number + 1))
        ask(port, "addslotsrange", str(first), str(end - 1))
        ask(port, "set-config-epoch", str(number + 1))
    for port in NODES[1:]:
        ask(NODES[0], "meet", B_REAL, str(port))
    assert until(lambda: all("cluster_state:ok" in ask(port, "info") for port in NODES), seconds=30)
    assert until(lambda: all(ask(port, "nodes").count("connected") == len(NODES) for port in NODES))


def test_redis_cluster_tells_its_nodes_real_addresses(border, start, fails) -> None:
    start_cluster(border, start)
    client = ("redis-cli", "-h", B_MAPPED, "-p", str(NODES[0]))
    with border.finds(by_b("Redis Cluster")):
        moved = [border.a.run(*client, "set", key, "value") for key in KEYS]
        assert {f"{B_REAL}:{port}" for port in NODES[1:]} <= {answer.split()[-1] for answer in moved}
        for key, answer in zip(KEYS, moved, strict=True):
            if "MOVED" in answer:
                fails(border.a, "timeout", "2", *client, "-c", "get", key)
                break


def test_redis_cluster_works_with_an_announced_address(border, start) -> None:
    start_cluster(border, start, "--cluster-announce-ip", B_MAPPED)
    client = ("redis-cli", "-h", B_MAPPED, "-p", str(NODES[0]), "-c")
    with border.finds():
        for key in KEYS:
            border.a.run(*client, "set", key, key.upper())
        assert [border.a.run(*client, "get", key).split()[-1] for key in KEYS] == [key.upper() for key in KEYS]


def etcd(border, start, advertised: str, number=count(0)) -> None:
    """One member, which tells clients to come to that address."""
    port = 12380 + next(number)
    start(
        *(border.b, "tcp", 2379, "etcd", "--data-dir", str(border.folder("etcd")), "--name", "b"),
        *("--listen-client-urls", "http://0.0.0.0:2379", "--advertise-client-urls", f"http://{advertised}:2379"),
        *("--listen-peer-urls", f"http://127.0.0.1:{port}", "--initial-advertise-peer-urls", f"http://127.0.0.1:{port}"),
        *("--initial-cluster", f"b=http://127.0.0.1:{port}"),
    )


def etcdctl(*words: str) -> tuple[str, ...]:
    return ("env", "ETCDCTL_API=3", "etcdctl", f"--endpoints=http://{B_MAPPED}:2379", "--command-timeout=3s", *words)


def test_etcd_lists_members_by_real_addresses(border, start, fails) -> None:
    etcd(border, start, B_REAL)
    with border.finds(by_b("etcd")):
        assert border.a.run(*etcdctl("put", "key", "value")) == "OK\n"
        assert border.a.run(*etcdctl("get", "key", "--print-value-only")) == "value\n"
        assert "unhealthy" in fails(border.a, *etcdctl("endpoint", "health", "--cluster"))


def test_etcd_works_with_an_advertised_address(border, start) -> None:
    etcd(border, start, B_MAPPED)
    with border.finds():
        health = border.a.run(*etcdctl("endpoint", "health", "--cluster", "--write-out=json"))
        assert [member["health"] for member in json.loads(health)] == [True]
