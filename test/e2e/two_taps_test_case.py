"""What the tests on net_tap have in common."""

from lab.two_taps import A_MAPPED, B_MAPPED, REAL, start_between_two_taps
from lab_test_case import LabTestCase

__all__ = ["A_MAPPED", "B_MAPPED", "REAL", "TwoTapsTestCase"]


class TwoTapsTestCase(LabTestCase):
    """natto runs between two hosts, `self.a` and `self.b`, in overlapping networks."""

    checksum_offload = "auto"

    def setUp(self) -> None:
        super().setUp()
        self.natto, self.a, self.b = start_between_two_taps(self.lab, self.checksum_offload)
