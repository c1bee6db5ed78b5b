"""What many a small lab consists of."""

from typing import NamedTuple

from .appliance import Appliance
from .namespace import Namespace


class TwoHosts(NamedTuple):
    """natto runs between `a` and `b`."""

    natto: Appliance
    a: Namespace
    b: Namespace
