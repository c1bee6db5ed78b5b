"""What tests on model cards share: hugepages, which natto needs for a network card, and given back."""

from collections.abc import Iterator
from pathlib import Path

import pytest

PAGES = 288  # of 2 MiB: what natto asks for with one worker, two ports
HUGEPAGES = Path("/proc/sys/vm/nr_hugepages")


@pytest.fixture(scope="session")
def hugepages() -> Iterator[None]:
    before = int(HUGEPAGES.read_text())
    try:
        HUGEPAGES.write_text(str(max(before, PAGES)))
    except OSError as error:
        pytest.fail(f"hugepages are needed, and cannot be had here: {error}", pytrace=False)
    reserved = int(HUGEPAGES.read_text())
    if reserved < PAGES:
        HUGEPAGES.write_text(str(before))
        pytest.fail(f"{PAGES} hugepages are needed; there was memory for {reserved}", pytrace=False)
    yield
    HUGEPAGES.write_text(str(before))


@pytest.fixture(scope="session")
def model(build: Path) -> Path:
    """The plug-in that is an ENA card."""
    return build / "test" / "ena-model" / "ena_model.so"
