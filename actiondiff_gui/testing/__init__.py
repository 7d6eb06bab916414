"""Contract tests of the backbone protocol, which every plugin runs on its own backbones.

import pytest
from actiondiff_gui.testing import PROMISES, Bench

@pytest.fixture(scope="module")
def bench():
    return Bench("/folder/of/a/small/model")        # or a name, or an Offer

@pytest.mark.parametrize("promise", PROMISES)
def test_contract(bench, promise):
    PROMISES[promise](bench)
"""

from actiondiff_gui.testing.bench import Bench, Broken
from actiondiff_gui.testing.contract import PROMISES

__all__ = ["PROMISES", "Bench", "Broken", "check"]


def check(bench: Bench) -> dict[str, str]:
    """Try every promise; for each that is broken, the sentence that says how."""
    broken = {}
    for name, promise in PROMISES.items():
        try:
            promise(bench)
        except Broken as error:
            broken[name] = str(error)
        except Exception as error:  # A wrong backbone may do anything.
            broken[name] = f"{type(error).__name__}: {error}"
    return broken
