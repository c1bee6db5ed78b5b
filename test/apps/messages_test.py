"""MQTT and NATS: clients at A, the broker at B."""

import ast

import pytest
from border import by_b
from lab.patience import until
from lab.process import Process
from lab.real_case import B_MAPPED, B_REAL


@pytest.fixture
def listen(border):
    """listen("mosquitto_sub", …) runs a client on A that writes down what it gets; it ends with the test."""
    clients: list[Process] = []

    def run(*words: str) -> Process:
        clients.append(Process(border.a.inside(*words), border.file(words[0])))
        return clients[-1]

    yield run
    for client in clients:
        client.kill()


def test_mosquitto_works_as_it_comes(border, start, listen) -> None:
    settings = border.file("mosquitto.conf", "listener 1883 0.0.0.0\nallow_anonymous true\n")
    start(border.b, "tcp", 1883, "mosquitto", "-c", str(settings))
    with border.finds():
        reader = listen("mosquitto_sub", "-h", B_MAPPED, "-t", "topic", "-C", "1")
        border.a.run("mosquitto_pub", "-h", B_MAPPED, "-t", "topic", "-m", "news", "--retain")
        assert reader.wait() == 0
        assert reader.out_file.read_text() == "news\n"


def nats_cluster(border, start, *settings: str) -> None:
    """Two servers, which tell clients each other's addresses and their own."""
    for number in (0, 1):
        advertise = [f'client_advertise: "{address}:{4222 + number}"' for address in settings]
        others = "" if number == 0 else 'routes: ["nats://127.0.0.1:6222"]'
        config = border.file(
            "nats.conf",
            f'server_name: "b{number}"\nlisten: "0.0.0.0:{4222 + number}"\n{"".join(advertise)}\n'
            f'cluster {{ name: "b", listen: "127.0.0.1:{6222 + number}", {others} }}\n',
        )
        start(border.b, "tcp", 4222 + number, "nats-server", "--config", str(config))


INFO = f"""
import json, socket
with socket.create_connection(("{B_MAPPED}", 4222), 5) as nats:
    talk = nats.makefile("rw")
    print(json.loads(talk.readline().removeprefix("INFO ")).get("connect_urls") or [])
    nats.sendall(b'CONNECT {{"verbose":false}}\\r\\nSUB topic 1\\r\\nPUB topic 4\\r\\nnews\\r\\nPING\\r\\n')
    while "news" not in (line := talk.readline()):
        assert line, "the server hung up"
    print(line.strip())
"""


def announced(border) -> list[str]:
    """The servers that a client is told of, which also gets the news."""
    servers, news = border.a.run("python3", "-c", INFO).splitlines()
    assert news == "news"
    return sorted(ast.literal_eval(servers))


def test_a_nats_server_alone_works_as_it_comes(border, start) -> None:
    start(border.b, "tcp", 4222, "nats-server", "--addr", "0.0.0.0", "--port", "4222")
    with border.finds():
        assert announced(border) == []


def test_a_nats_cluster_tells_its_servers_real_addresses(border, start) -> None:
    nats_cluster(border, start)
    assert until(lambda: len(announced(border)) == 2)
    with border.finds(by_b("NATS, a cluster")):
        assert announced(border) == [f"{B_REAL}:4222", f"{B_REAL}:4223"]


def test_a_nats_cluster_works_with_an_advertised_address(border, start) -> None:
    nats_cluster(border, start, B_MAPPED)
    assert until(lambda: len(announced(border)) == 2)
    with border.finds():
        assert announced(border) == [f"{B_MAPPED}:4222", f"{B_MAPPED}:4223"]
