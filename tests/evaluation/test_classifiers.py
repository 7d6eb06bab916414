"""A linear fit runs in one thread and leaves the linear algebra of the process as it was."""

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from actiondiff_gui.evaluation.classifiers import ProbeSettings, fit_simple


def threads() -> set[int]:
    return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}


def test_a_linear_fit_uses_one_thread_and_restores_the_others(monkeypatch):
    from sklearn.linear_model import LogisticRegression

    fit, seen = LogisticRegression.fit, []

    def watched(self, *given):
        seen.append(threads())
        return fit(self, *given)

    monkeypatch.setattr(LogisticRegression, "fit", watched)
    random = np.random.default_rng(0)
    truth = np.eye(3, dtype=bool)[random.integers(0, 3, 60)]
    features = random.normal(size=(60, 8)).astype(np.float32) + truth @ np.eye(3, 8, dtype=np.float32)
    with threadpool_limits(2, user_api="blas"):
        if threads() != {2}:
            pytest.skip("this linear algebra has one thread")
        fit_simple("linear", features, truth, np.ones_like(truth), True, ProbeSettings())
        assert seen == [{1}]
        assert threads() == {2}
