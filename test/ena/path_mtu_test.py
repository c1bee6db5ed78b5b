"""Cases of test/e2e on ENA cards: path MTU discovery. Checksums and queues do not matter to it, so one kind of
card does.
"""

import pytest
from lab.cards import Mode
from pmtud_test import (  # noqa: F401
    rely_on_icmp,
    test_r15_tcp_learns_the_mtu_of_nattos_port,
    test_r31_tcp_learns_the_mtu_of_the_other_company,
)


@pytest.fixture
def mode() -> Mode:
    return Mode()
