"""What the tests on net_tap have in common: each host's interface is the kernel's end of a port."""

from lab.config import Mapping, Port
from lab_test_case import LabTestCase

REAL = "10.0.0.10"  # of both hosts
A_MAPPED, B_MAPPED = "100.64.1.10", "100.64.2.10"


class TwoTapsTestCase(LabTestCase):
    """natto runs between two hosts, `self.a` and `self.b`, in overlapping networks."""

    checksum_offload = "auto"

    def setUp(self) -> None:
        super().setUp()
        natto = self.lab.namespace("natto")
        ports = [
            Port(
                realm, f"to-{realm}", "10.0.0.1/24", driver="net_tap",
                checksum_offload=self.checksum_offload,
            )
            for realm in ("a", "b")
        ]  # fmt: skip
        config = self.lab.write_config(
            ports, [Mapping("a", "a", REAL, A_MAPPED), Mapping("b", "b", REAL, B_MAPPED)]
        )
        self.natto = self.lab.start_natto(config, natto)
        self.a, self.b = self.lab.namespace("a"), self.lab.namespace("b")
        for host in (self.a, self.b):
            # The driver has made the host's end of the link.
            interface = f"to-{host.name}"
            natto.run("ip", "link", "set", "dev", interface, "netns", host.name)
            host.run("ip", "link", "set", "dev", interface, "up")
            host.address(interface, f"{REAL}/24")
            host.route("default", "via", "10.0.0.1")
