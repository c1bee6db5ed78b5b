"""What every end-to-end test has in common: a laboratory, and counters that must add up."""

import os
import unittest
from pathlib import Path

from lab.lab import Lab


class LabTestCase(unittest.TestCase):
    """Gives each test a `self.lab` of its own.

    When the test ends, every natto in it must stop with exit status 0 and with counters that do not
    contradict each other, unless the test has ended that natto itself.
    """

    def setUp(self) -> None:
        self.lab = Lab(Path(os.environ["NATTO"]))
        self.addCleanup(self.lab.close)

    def tearDown(self) -> None:
        for natto in self.lab.appliances:
            if not natto.ended:
                natto.stop()
