"""Contract tests of the backbone."""

import pytest
from actiondiff_template import OFFER

from actiondiff_gui.testing import PROMISES, Bench


@pytest.fixture(scope="module")
def bench():
    return Bench(OFFER)


@pytest.mark.parametrize("promise", PROMISES)
def test_contract(bench, promise):
    PROMISES[promise](bench)
