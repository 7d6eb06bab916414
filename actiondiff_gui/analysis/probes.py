"""What do simple classifiers read from features, on clips that they were not trained on?"""

import warnings
from dataclasses import dataclass

import numpy as np

from actiondiff_gui.analysis.splits import Split
from actiondiff_gui.errors import AnalysisError

PROBES = ("linear", "knn")


@dataclass(frozen=True)
class ProbeSettings:
    """How probes are trained and tested.

    Attributes
    ----------
    neighbours : int
        Clips that vote in the nearest-neighbour probe (fewer where the training part is smaller).
    inverse_regularisation : float
        C of scikit-learn's logistic regression, on features standardised and divided by the square
        root of their number of channels, so that it means the same in a narrow and a wide layer.
    folds : int
        Folds of the k-fold splits (fewer where there are fewer source groups).
    seed : int
        Of the shuffle that deals groups out to folds.
    """

    neighbours: int = 5
    inverse_regularisation: float = 10.0
    folds: int = 5
    seed: int = 0

    def __post_init__(self):
        if self.neighbours < 1 or self.folds < 2 or not self.inverse_regularisation > 0:
            raise AnalysisError(
                f"Probes need at least 1 neighbour (got {self.neighbours}), 2 folds (got {self.folds}) and a "
                f"regularisation above 0 (got {self.inverse_regularisation})."
            )


def predict(
    features: np.ndarray,
    names: np.ndarray,
    split: Split,
    settings: ProbeSettings,
    probes: tuple[str, ...] = PROBES,
    balanced: bool = False,
) -> dict[str, np.ndarray]:
    """Train each probe on the training part and name the clips of the test part.

    Features are standardised with the training part's mean and standard deviation.

    Parameters
    ----------
    features : ndarray
        ``[N, C]`` float64.
    names : ndarray
        ``[N]``, what to predict; only those of the training part are looked at.
    balanced : bool
        Whether the linear probe weighs classes inversely to their size.

    Returns
    -------
    dict
        For each probe the predicted names, one for each clip of ``split.test``.
    """
    known = names[split.train]
    if len(np.unique(known)) < 2:
        return {probe: np.repeat(known[:1], len(split.test)) for probe in probes}
    train, test = _standardised(features[split.train], features[split.test])
    predicted = {}
    if "linear" in probes:
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.linear_model import LogisticRegression

        weight = "balanced" if balanced else None
        model = LogisticRegression(
            C=settings.inverse_regularisation, class_weight=weight, max_iter=200, tol=1e-3
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            predicted["linear"] = model.fit(train, known).predict(test)
    if "knn" in probes:
        from sklearn.neighbors import KNeighborsClassifier

        model = KNeighborsClassifier(min(settings.neighbours, len(train)), algorithm="brute")
        predicted["knn"] = model.fit(train, known).predict(test)
    return predicted


def _standardised(train: np.ndarray, test: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Standardise on ``train``, scale by 1/sqrt(C), and turn into the subspace that ``train`` spans.

    Neither an L2-penalised linear model nor the order of nearest neighbours can tell the turned
    features from the full ones (the penalty leaves weights in the span of the training clips; a test
    clip's distance to that span is the same for all of them), and with few clips of many channels
    they are much faster to fit.
    """
    from sklearn.preprocessing import StandardScaler

    scaler = StandardScaler().fit(train)
    scaler.scale_ *= np.sqrt(train.shape[1])
    train, test = scaler.transform(train), scaler.transform(test)
    if len(train) >= train.shape[1]:
        return train, test
    values, vectors = np.linalg.eigh(train @ train.T)
    keep = values > values[-1] * 1e-12
    if not keep.any():
        return np.zeros((len(train), 1)), np.zeros((len(test), 1))
    length = np.sqrt(values[keep])
    return vectors[:, keep] * length, test @ (train.T @ vectors[:, keep]) / length
