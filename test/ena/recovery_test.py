"""Each thing that can be wrong with a card, while packets flow through it and through another one.

natto forwards again once it has passed, says what happened, and accounts for every packet and buffer.

Not here: a receive completion with a wrong id behind others that the driver takes in the same burst. The
driver itself crashes over it, up to DPDK 26.07 (doc/dpdk-reports.md).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from busy import Busy

# The driver's reasons for a reset (enum ena_regs_reset_reason_types).
KEEP_ALIVE, ADMIN_TIMEOUT, TX_COMPLETION, RX_ID, TX_ID = 1, 2, 3, 4, 5
ASKS = r"port 0 \(realm middle-0\): out of use: its driver asks for a reset"
DOES_NOT_ASK = r"port 0 \(realm middle-0\): out of use: its driver needs a reset, and does not ask for it"
AGAIN = r"port 0 \(realm middle-0\): in use again: reset, and set up as it was"


def failed(what: str) -> str:
    return rf"port 0 \(realm middle-0\): reset failed, the next attempt is in \d+ ms: cannot {what}"



@dataclass
class Fault:
    """What is done to the card, and what natto must say before the next thing is done."""

    stages: list[tuple[list[str], str]]
    reasons: set[int]  # any of them: what the driver finds first depends on its release


FAULTS = {
    "it falls silent": Fault([(["keep-alive off"], ASKS)], {KEEP_ALIVE}),
    "completions are lost": Fault([(["lose-tx-completions 500"], ASKS)], {TX_COMPLETION}),
    "completions stop": Fault([(["hold-tx-completions on"], ASKS)], {TX_COMPLETION}),
    # DPDK 22.11's driver goes no further than this completion, until the others are late.
    "a completion is of no packet": Fault([(["wrong-tx-ids 1"], "out of use: ")], {TX_COMPLETION, TX_ID}),
    "a completion comes twice": Fault([(["double-tx-completions 1"], DOES_NOT_ASK)], {TX_ID}),
    "a received packet is in no buffer": Fault([(["lone-wrong-rx-ids 1"], DOES_NOT_ASK)], {RX_ID}),
    "commands are never answered": Fault([(["silent-admin on"], ASKS)], {ADMIN_TIMEOUT, KEEP_ALIVE}),
    # natto cannot read the counter that tells of it, and resets the card for that.
    "a completion comes twice, and no command is answered": Fault(
        [(["silent-admin on", "double-tx-completions 1"], DOES_NOT_ASK)], {TX_ID}
    ),
    "resets do not end, or hang, and commands fail": Fault(
        [
            (["fail-reset 2", "keep-alive off"], failed("reset")),
            (["hang-reset on"], failed("reset")),
            (["hang-reset off", "fail-admin 2"], failed("")),
        ],
        {KEEP_ALIVE},
    ),
    # The driver keeps memory of such a reset.
    "its table for RSS cannot be read, so a reset fails late": Fault(
        [(["fail-feature 12", "keep-alive off"], failed("reset")), ([], failed("reset"))], {KEEP_ALIVE}
    ),
    "the MTU is refused, and the n-th queue": Fault(
        [
            (["refuse-mtu on", "keep-alive off"], failed("set the MTU 1500")),
            (["refuse-mtu off", "fail-creation-at 1"], failed("start")),
            (["fail-creation-at 2"], failed("start")),
            (["fail-creation-at 4"], failed("start")),
        ],
        {KEEP_ALIVE},
    ),
}
HARMLESS = [
    "warnings 20000",
    "fatal-events 20000",
    "spurious-interrupts 20000",
    "admin-delay 100",
    "fail-admin 4",
]


@pytest.fixture(scope="module")
def running(tmp_path_factory, binary, model, hugepages) -> Iterator[Busy]:
    with Busy(tmp_path_factory.mktemp("recovery"), binary, model) as natto:
        yield natto
        summary = natto.stop()
        assert summary["received"] == summary["translated"] + summary["consumed"] + summary["dropped"]


@pytest.fixture
def natto(running) -> Busy:
    running.mark()
    return running


@pytest.mark.parametrize("fault", FAULTS)
def test_natto_recovers(natto, fault) -> None:
    resets = natto.report(0)["reset_reasons"]
    other = natto.port(1)
    for commands, words in FAULTS[fault].stages:
        for command in commands:
            natto.card(0, command)
        natto.says(words)
        natto.forwards(1)
    natto.card(0, "heal")
    natto.says(AGAIN)
    natto.forwards(0)
    assert FAULTS[fault].reasons & set(natto.report(0)["reset_reasons"][len(resets) :])
    assert natto.port(0)["state"] == "up"
    assert natto.port(1)["state_since_ms"] == other["state_since_ms"]
    natto.accounts_for_all()


def test_a_card_that_forgets(natto) -> None:
    """It lives again at once, and knows nothing of the driver: nobody answers the next command."""
    # Just after a reset, the commands that made the queues are still in the driver's memory. A card must not obey
    # them again, and look as if it were set up.
    natto.card(0, "keep-alive off")
    natto.says(ASKS)
    natto.card(0, "keep-alive on")
    natto.says(AGAIN)
    natto.mark()
    resets = natto.report(0)["reset_reasons"]
    natto.card(0, "dead on")
    natto.card(0, "dead off")
    natto.says(ASKS)
    natto.says(AGAIN)
    natto.forwards(0)
    assert {KEEP_ALIVE, ADMIN_TIMEOUT} & set(natto.report(0)["reset_reasons"][len(resets) :])
    natto.accounts_for_all()


def test_a_card_that_fails_again_before_it_has_answered(natto) -> None:
    """A completion that comes twice has ended the driver's watchdog, so natto alone can notice that the card is dead."""
    deaf = ["silent-admin on", "double-tx-completions 1"]
    for command in deaf:
        natto.card(0, command)
    natto.says("port middle-0: its device does not answer any more")
    natto.card(0, "heal")
    natto.says(AGAIN)
    natto.mark()
    for command in deaf:
        natto.card(0, command)
    natto.forwards(0)  # more than the driver leaves uncollected: it has met the completion
    for command in ("dead on", "heal"):
        natto.card(0, command)
    natto.says(DOES_NOT_ASK)
    natto.says(AGAIN)
    natto.forwards(0)
    natto.accounts_for_all()


def test_the_same_again_at_once(natto) -> None:
    """The driver's counter is where it was when natto last read it, before the reset."""
    for _ in range(2):
        natto.mark()
        natto.card(0, "double-tx-completions 1")
        natto.says(DOES_NOT_ASK)
        natto.says(AGAIN)
    natto.forwards(0)
    natto.accounts_for_all()


def test_a_doorbell_that_runs_ahead(natto) -> None:
    """Rung by the test: no driver does it. The card stops, tells the driver, and falls silent."""
    resets = natto.report(0)["reset_reasons"]
    natto.settle()
    (queue,) = natto.configuration(0)["tx"]
    ahead = queue["packets"] + 2 * queue["depth"]
    natto.write_register(0, queue["doorbell"], ahead & 0xFFFF)
    natto.says("ena-model: card 0 stops: a transmit doorbell runs ahead of its queue")
    natto.says("Unknown event was received or event with unimplemented handler")
    natto.says(ASKS)
    natto.says(AGAIN)
    natto.go_on()
    natto.forwards(0)
    assert KEEP_ALIVE in natto.report(0)["reset_reasons"][len(resets) :]
    natto.accounts_for_all()


def test_what_is_no_reason_for_a_reset(natto) -> None:
    resets = natto.port(0)["resets"]
    for fault in HARMLESS:
        natto.card(0, fault)
        natto.forwards(0)
    natto.card(0, "hold-tx-completions on")
    sent = natto.report(0)["tx_packets"]
    natto.forwards(1)
    assert natto.report(0)["tx_packets"] == sent
    natto.card(0, "heal")
    natto.forwards(0)
    # The driver's watchdog has looked at all of this when it misses what comes now.
    natto.card(0, "keep-alive off")
    natto.says(ASKS)
    natto.card(0, "heal")
    natto.forwards(0)
    assert natto.port(0)["resets"] == resets + 1
    natto.accounts_for_all()


def test_a_link_that_flaps(natto) -> None:
    losses = natto.port(0)["link_losses"]
    for _ in range(5):
        natto.card(0, "link off")
        natto.until("the link is down", lambda: natto.port(0)["state"] == "link down")
        natto.forwards(1)
        natto.card(0, "link on")
        natto.until("the link is up", lambda: natto.port(0)["state"] == "up")
        natto.forwards(0)
    natto.says(r"port 0 \(realm middle-0\): link down")
    natto.says(r"port 0 \(realm middle-0\): link up")
    assert natto.port(0)["link_losses"] == losses + 5
    natto.accounts_for_all()
