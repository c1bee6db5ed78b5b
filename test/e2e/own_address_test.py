"""What natto does with packets for itself."""

from lab import real_case
from lab.real_case import NATTO_ADDRESS
from lab.traffic import connect, ping
from lab_test_case import LabTestCase


class OwnAddress(LabTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.case = real_case.build(self.lab)
        config = self.lab.write_config(real_case.PORTS, real_case.MAPPINGS)
        self.natto = self.lab.start_natto(config, self.case.natto)

    def test_r39_answers_pings_from_the_link_and_from_beyond_the_gateway(self) -> None:
        for source in (self.case.router, self.case.a):
            pings = ping(source, NATTO_ADDRESS, "-s", "1400", "-p", "a5")
            self.assertEqual(pings.answered, 3)
        summary = self.natto.stop()
        self.assertEqual(summary.drops, {})
        self.assertEqual(summary.translated, 0)
        self.assertGreaterEqual(summary.consumed, 6)
        self.assertGreaterEqual(summary.generated, 6)

    def test_answers_nothing_else(self) -> None:
        with self.assertRaises(TimeoutError):
            connect(self.case.a, (NATTO_ADDRESS, 22), patience_seconds=0.5)
        summary = self.natto.stop()
        self.assertEqual(summary.drops.keys(), {"own_address_not_answered"})
        self.assertEqual(summary.translated, 0)
