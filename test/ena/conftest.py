"""What tests on model cards share: hugepages, which natto needs for a network card, and given back; the
laboratory of namespaces with cards for natto.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from lab.cards import MODES, CardLab, Mode

PAGES = 256  # of 2 MiB: enough for four ports and two workers
HUGEPAGES = Path("/proc/sys/vm/nr_hugepages")


@pytest.fixture(scope="session")
def hugepages() -> Iterator[None]:
    if os.geteuid() != 0:
        pytest.skip("only root may make cards: run this as root")
    before = int(HUGEPAGES.read_text())
    try:
        HUGEPAGES.write_text(str(max(before, PAGES)))
    except OSError as error:
        pytest.skip(f"{PAGES} hugepages are needed, and this machine forbids it: {error}")
    try:
        if (reserved := int(HUGEPAGES.read_text())) < PAGES:
            pytest.skip(f"{PAGES} hugepages are needed; this machine has memory for {reserved}")
        yield
    finally:
        HUGEPAGES.write_text(str(before))


@pytest.fixture(scope="session")
def model(build: Path) -> Path:
    """The plug-in that is an ENA card."""
    return build / "test" / "ena-model" / "ena_model.so"


@pytest.fixture(params=MODES)
def mode(request: pytest.FixtureRequest) -> Mode:
    return MODES[request.param]


@pytest.fixture
def new_lab(binary: Path, model: Path, world: None, hugepages: None, mode: Mode) -> CardLab:
    """One whose nattos drive cards."""
    return CardLab(binary, model, mode)
