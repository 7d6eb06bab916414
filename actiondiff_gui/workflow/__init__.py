"""How do the rooms work together? The jobs that window and command line share."""

from actiondiff_gui.workflow.features import Features, open_features
from actiondiff_gui.workflow.grids import scores_folder, study_grid, study_grid_job
from actiondiff_gui.workflow.predicting import (
    ClipPredictions,
    RecordingBouts,
    features_of_classifier,
    predict_clips_job,
    predict_recording,
)
from actiondiff_gui.workflow.scoreboards import (
    Contestant,
    installed_backbones,
    study_costs_job,
    study_scoreboard_job,
)
from actiondiff_gui.workflow.studies import study_project_job

__all__ = [
    "ClipPredictions",
    "Contestant",
    "Features",
    "RecordingBouts",
    "features_of_classifier",
    "installed_backbones",
    "open_features",
    "predict_clips_job",
    "predict_recording",
    "scores_folder",
    "study_costs_job",
    "study_grid",
    "study_grid_job",
    "study_project_job",
    "study_scoreboard_job",
]
