"""What natto still may after it has given up what it does not use: take more memory, and reset a card."""

from pathlib import Path

from busy import Busy, mappings
from lab.rights import CAP_DAC_OVERRIDE, CAP_IPC_LOCK, CAP_SYS_ADMIN, capabilities, threads

HOSTS = 200_000


def larger_table() -> str:
    """More than the memory that natto has taken at its start holds."""
    more = "".join(
        f"""[[mapping]]
name = "more-{i}"
realm = "middle-0"
real = "10.{64 + (i >> 16)}.{i >> 8 & 255}.{i & 255}"
mapped = "10.{96 + (i >> 16)}.{i >> 8 & 255}.{i & 255}"
"""
        for i in range(HOSTS)
    )
    return mappings() + more


def test_memory_is_taken_and_a_card_reset_after_rights_are_given_up(
    tmp_path: Path, binary: Path, model: Path, hugepages
) -> None:
    with Busy(tmp_path, binary, model) as natto:
        for status in threads(natto.process):
            assert capabilities(status) == {CAP_DAC_OVERRIDE, CAP_IPC_LOCK, CAP_SYS_ADMIN}, status["Name"]
        natto.write_table(larger_table())
        natto.until("the larger table is in force", lambda: natto.ask("table")["mappings"] == HOSTS + 4)
        natto.card(0, "keep-alive off")
        natto.until("card 0 is reset", lambda: "in use again: reset" in natto.log())
        natto.card(0, "heal")
        natto.forwards(0)
        natto.forwards(1)
