"""A project of short videos with synthetic features, open."""

from pathlib import Path

import pytest

from actiondiff_gui.project.project import Project


@pytest.fixture
def zoo(zoo_file: Path):
    """See :mod:`tests.zoo`."""
    with Project.open(zoo_file) as project:
        yield project
