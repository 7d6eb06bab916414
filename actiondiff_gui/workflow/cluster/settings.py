"""Where an extraction is computed: in this process, in several, on SLURM or on Dask."""

import re
from dataclasses import dataclass
from typing import Annotated

from actiondiff_gui.errors import ClusterError
from actiondiff_gui.settings import Setting, check

_OWN = ("array", "error", "job-name", "open-mode", "output", "signal", "wrap")
"""Options of sbatch that the program sets itself."""


@dataclass(frozen=True)
class WorkerSettings:
    """Where an extraction runs: in this process, in several of this computer, as an array of SLURM, or on Dask's workers.

    Raises
    ------
    ClusterError
        A value makes no sense, or two do not go together.
    """

    workers: Annotated[
        int | None,
        Setting(
            "workers",
            "Processes of this computer that compute side by side, each with a GPU of its own where there are any; with SLURM, "
            "jobs of the array",
            1,
            10_000,
            none="one",
        ),
    ] = None
    slurm: Annotated[
        str,
        Setting(
            "SLURM options",
            "Compute as an array of SLURM jobs with these options of sbatch; the project must lie in a folder that the nodes "
            "share",
            pattern=r"|[a-z][a-z-]*=[^,=\s]+(,[a-z][a-z-]*=[^,=\s]+|,[^,=\s]+)*",
            examples=("partition=gpu,gres=gpu:1,time=4:00:00",),
        ),
    ] = ""
    scheduler: Annotated[
        str,
        Setting(
            "Dask scheduler",
            "Compute on the workers of this Dask scheduler: its address, or its .json file",
            pattern=r"|(tcp|tls|ucx)://\S+|\S.*\.json",
            examples=("tcp://10.0.0.1:8786", "scheduler.json"),
        ),
    ] = ""

    def __post_init__(self) -> None:
        check(self, ClusterError)
        if self.slurm and self.scheduler:
            raise ClusterError(
                "Work goes to SLURM or to a Dask scheduler, not to both. Leave one of the two out."
            )
        mine = sorted(set(_OWN).intersection(self.slurm_options))
        if mine:
            raise ClusterError(f"The SLURM option {mine[0]} is set by the program. Leave it out.")

    def __str__(self) -> str:
        count = self.workers or 1
        if self.slurm:
            return f"{count} SLURM job" + "s" * (count > 1)
        if self.scheduler:
            return f"Dask at {self.scheduler}"
        return f"{count} processes of this computer" if count > 1 else "this program"

    @property
    def elsewhere(self) -> bool:
        """Whether other processes than this one compute."""
        return bool(self.slurm or self.scheduler or (self.workers or 1) > 1)

    @property
    def slurm_options(self) -> dict[str, str]:
        """The options of sbatch by name."""
        parts = re.split(r",(?=[a-z][a-z-]*=)", self.slurm) if self.slurm else []
        return dict(part.split("=", 1) for part in parts)


HERE = WorkerSettings()
"""In this process."""
