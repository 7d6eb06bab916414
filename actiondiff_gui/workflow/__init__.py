"""Jobs that the window and the command line share."""

from actiondiff_gui.workflow.features import features_of_classifier, settings_of_classifier
from actiondiff_gui.workflow.grids import scores_folder, study_grid, study_grid_job
from actiondiff_gui.workflow.scoreboards import (
    Contestant,
    installed_backbones,
    study_costs_job,
    study_scoreboard_job,
)
from actiondiff_gui.workflow.studies import study_features_job, study_project_job, study_share_job

__all__ = [
    "Contestant",
    "features_of_classifier",
    "installed_backbones",
    "scores_folder",
    "settings_of_classifier",
    "study_costs_job",
    "study_features_job",
    "study_grid",
    "study_grid_job",
    "study_project_job",
    "study_scoreboard_job",
    "study_share_job",
]
