"""iperf3 between two hosts."""

import json

from .lab import Lab
from .namespace import Namespace


def iperf(
    lab: Lab, client: Namespace, server: Namespace, address: tuple[str, int], *options: str
) -> dict:
    """Run it to its end; what the client reports in JSON."""
    port = str(address[1])
    words = ("iperf3", "--server", "--one-off", "--port", port)
    process = lab.server(server, "tcp", address[1], *words)
    words = ("iperf3", "--client", address[0], "--port", port, "--json", *options)
    report = json.loads(client.run(*words))
    process.wait()  # until the port is free again
    return report
