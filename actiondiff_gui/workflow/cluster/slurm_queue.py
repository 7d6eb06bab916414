"""SLURM's queue and its time limits, through the commands ``squeue`` and ``scancel``."""

import getpass
import re
import subprocess

from actiondiff_gui.errors import ClusterError


def queue_of(name: str) -> dict[str, str]:
    """Return the state of the user's jobs called ``name`` in SLURM's queue, by id such as "123_4".

    Raises
    ------
    ClusterError
        There is no SLURM, or it does not answer.
    """
    text = call(
        *(
            "squeue",
            "--noheader",
            "--array",
            f"--name={name}",
            f"--user={getpass.getuser()}",
            "--format=%i|%T",
        )
    )
    return dict(line.strip().split("|", 1) for line in text.splitlines() if "|" in line)


def call(*command: str) -> str:
    """Return the output of a command of SLURM.

    Raises
    ------
    ClusterError
        There is no SLURM, or it does not answer.
    """
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    except FileNotFoundError as error:
        raise ClusterError(
            f"There is no SLURM on this computer ({command[0]} is not found). Give the command on a login node of the cluster."
        ) from error
    except (OSError, subprocess.SubprocessError) as error:
        said = (getattr(error, "stderr", "") or str(error)).strip()
        raise ClusterError(f"SLURM does not answer: {said[-300:]}") from error


def minutes_of(text: str) -> int:
    """Convert a time limit of SLURM to minutes: "90", "4:00:00", "30:00", "2-12", "1-00:00:00".

    Raises
    ------
    ClusterError
        The text is not a time limit.
    """
    found = re.fullmatch(r"(?:(\d+)-)?(\d+)(?::(\d+))?(?::(\d+))?", text)
    if found is None:
        raise ClusterError(
            f"{text!r:.40} is no time limit of SLURM. Write for example 4:00:00 (hours), 30 (minutes) or 1-12:00 (days)."
        )
    days, a, b, c = (int(each) if each else 0 for each in found.groups())
    if found[1]:
        return days * 1440 + a * 60 + b + -(-c // 60)
    if found[4]:
        return a * 60 + b + -(-c // 60)
    return max(1, a + -(-b // 60)) if found[3] else max(1, a)
