"""An extraction, or the scores of a study, computed where the settings say: in this process, or by other processes or machines."""

from collections.abc import Sequence
from pathlib import Path

from actiondiff_gui.features.clips import Unit
from actiondiff_gui.features.extraction import ExtractionReport
from actiondiff_gui.features.feature_set import FeatureSet
from actiondiff_gui.progress import Job
from actiondiff_gui.workflow.cluster.settings import WorkerSettings
from actiondiff_gui.workflow.cluster.shards import windows_of
from actiondiff_gui.workflow.cluster.work_order import order_of


def spread_job(
    features: FeatureSet, units: Sequence[Unit], where: WorkerSettings, batch_size: int | None = None
) -> Job[ExtractionReport]:
    """Compute ``units`` of a feature set where the settings say: here, or by other processes or machines.

    Raises
    ------
    ClusterError
        The other processes or machines cannot be had, or are lost.
    ActionDiffError
        As :meth:`~actiondiff_gui.features.feature_set.FeatureSet.extract_job`.
    """
    if not units or not where.elsewhere:
        return (yield from features.extract_job(units, batch_size))
    order = order_of(features, units, batch_size)
    # Clips that lie side by side in a video, and so in the order of the content of videos, share a part.
    units = sorted(units, key=lambda u: (str(u.clip.path), u.clip.start, u.clip.end))
    windows = [windows_of(unit.clip, features.description, features.settings) for unit in units]
    if where.slurm:
        from actiondiff_gui.workflow.cluster.slurm_features import slurm_job

        provenance = features.store.provenance
        return (
            yield from slurm_job(order, provenance, units, windows, where.slurm_options, where.workers or 1)
        )
    from actiondiff_gui.workflow.cluster.dask_workers import dask_job

    return (yield from dask_job(order, units, windows, where.workers or 1, where.scheduler))


def spread_scores_job(arguments: Sequence[str], where: WorkerSettings, root: Path) -> Job[None]:
    """Let other processes or machines compute the scores of a ``study`` command, each its share.

    Parameters
    ----------
    arguments : sequence of str
        Of the command, without ``--shard``, such as ``["study", "mice.actiondiff", "--timesteps", "paper"]``.
    root : Path
        Folder of the project's features; what is known of SLURM's jobs is kept there.

    Raises
    ------
    ClusterError
        The other processes or machines cannot be had, or one failed.
    """
    if where.slurm:
        from actiondiff_gui.workflow.cluster.slurm_scores import slurm_scores_job

        yield from slurm_scores_job(arguments, root, where.slurm_options, where.workers or 1)
    else:
        from actiondiff_gui.workflow.cluster.sharing import shares_job

        yield from shares_job(arguments, where)
