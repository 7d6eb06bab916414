"""Loop of a review without a window, on a small project with made-up features of known structure."""

import numpy as np
import pytest

from actiondiff_gui.classifier.models.library import keep_model, list_models
from actiondiff_gui.classifier.training.fitting import fit_head
from actiondiff_gui.errors import ProjectError
from actiondiff_gui.evaluation.intervals import wilson as analysis_wilson
from actiondiff_gui.features.dataset import ProjectTokens, clip_sources, features_folder
from actiondiff_gui.features.settings import Provenance
from actiondiff_gui.features.store import TokenStore
from actiondiff_gui.gui.review.state.numbers import accuracy, numbers, trained_at, wilson
from actiondiff_gui.gui.review.state.queue import queue_job
from actiondiff_gui.gui.review.state.reviewing import Reviewing
from actiondiff_gui.gui.review.state.texts import estimate_text, not_played
from actiondiff_gui.gui.review.state.training import retrain_job
from actiondiff_gui.gui.session import editing, undoing
from actiondiff_gui.progress import run
from tests.gui.made_up import PROVENANCE, fill, truth_of


@pytest.fixture
def walkers(session):
    """Return forty clips of four frames, half of them walking; the features are a number line with the border at 0."""
    fill(session, clips=40)
    return session


@pytest.fixture
def review(walkers):
    """Return a review of a linear model trained on six labelled clips."""
    review = Reviewing(walkers, every=4)
    review.take(run(queue_job(walkers.project, "first", "uncertainty")))
    return review


def test_the_queue_holds_what_nobody_labelled_and_says_why(walkers, review):
    queue = review.queue
    assert (len(queue), queue.labelled, queue.without_features) == (34, 6, 1)
    border = [abs(truth_of(walkers, q.clip_id)) for q in queue.questions]
    # Unsure ones first, but no two that look alike in a row, so not strictly.
    assert np.mean(border[:10]) < 0.6 < 1.2 < np.mean(border[-10:])
    first = queue.questions[0]
    assert first.reason in ("unsure between walk and eat", "unsure between eat and walk")
    assert sum(first.probabilities) == pytest.approx(1)
    assert first.confidence == pytest.approx(max(first.probabilities))
    assert len(first.neighbours) == 5
    assert all(walkers.table.get(n).labelled for n in first.neighbours)
    far = run(queue_job(walkers.project, "first", "novelty")).questions[0]
    assert abs(truth_of(walkers, far.clip_id)) < 0.3  # what is labelled lies around 1.5 on both sides
    assert "as far from labelled clips" in far.reason


def test_answers_become_labels_with_their_provenance_and_one_undo_takes_each_back(walkers, review):
    project = walkers.project
    review.start()
    first = review.asked
    assert walkers.current == first.clip_id
    review.confirm()
    second = review.asked
    other = next(name for name in ("walk", "eat") if name not in second.predicted)
    review.choose(other)
    third = review.asked
    review.deny()
    fourth = review.asked
    review.exclude()
    review.skip()
    assert [a.answer for a in project.answers()] == [
        "confirmed",
        "corrected",
        "denied",
        "excluded",
        "skipped",
    ]
    answer = project.answers()[1]
    assert (answer.said, answer.predicted, answer.model) == ((other,), second.predicted, "first")
    assert (answer.by, answer.asked) == ("Bo", "uncertainty")
    assert answer.confidence == pytest.approx(second.confidence)
    assert walkers.table.get(first.clip_id).labels == first.predicted
    assert walkers.table.get(first.clip_id).said_by == "Bo"
    assert walkers.table.get(third.clip_id).denied == third.predicted
    assert walkers.table.get(fourth.clip_id).excluded
    assert review.counts() == (4, 1, 29)

    assert review.undo()
    assert review.undo()
    assert review.asked == fourth
    assert not walkers.table.get(fourth.clip_id).excluded
    assert review.undo()
    assert review.undo()
    assert review.asked == second
    assert not walkers.table.get(second.clip_id).labelled
    assert review.redo()
    assert walkers.table.get(second.clip_id).labels == (other,)
    assert review.asked == third
    assert [a.answer for a in project.answers()] == ["confirmed", "corrected"]


def test_undo_leaves_what_was_done_since_to_the_undo_of_the_video(walkers, review):
    review.start()
    first = review.asked
    review.confirm()
    editing.set_edges(walkers, review.asked.clip_id, start=walkers.current_row.start + 1)
    assert not review.undo()
    assert undoing.take_back(walkers)
    assert review.undo()
    assert review.asked == first
    assert not review.undo()


def test_tab_goes_on_without_an_answer_and_back(walkers, review):
    review.start()
    first = review.asked
    review.step(1)
    second = review.asked
    assert second != first
    review.step(-1)
    assert review.asked == first
    walkers.open_clip(walkers.table.rows[0].id)
    assert not review.listening
    review.step(1)
    assert review.asked == first
    assert review.listening
    walkers.project.remove_clip(first.clip_id)
    walkers.reread()
    review.clips_went()
    assert review.asked == second


def test_a_new_queue_leaves_the_asked_clip_and_forgets_what_is_answered(walkers, review):
    review.start()
    review.confirm()
    review.skip()
    here, before = review.asked, len(review.left())
    queue = run(queue_job(walkers.project, "first", "random", seed=5))
    review.take(queue)
    assert review.asked is here
    assert len(review.left()) == before
    review.confirm()
    assert review.asked.reason == "drawn at random"
    while review.asked:
        review.confirm()
    assert review.counts() == (33, 1, 0)
    with pytest.raises(ProjectError, match="No question is open"):
        review.confirm()
    review.ask_skipped()
    assert review.counts() == (33, 0, 1)


def test_retraining_learns_from_the_answers_and_the_queue_follows(walkers, review):
    due = []
    review.training_due.connect(lambda: due.append(review.since_training))
    review.start()
    for _ in range(4):
        question = review.asked
        review.choose("walk" if truth_of(walkers, question.clip_id) > 0 else "eat")
    assert due == [4]
    project = walkers.project
    assert numbers(project, walkers.table, trained_at(project, "first")).changed == 4
    found = run(retrain_job(project, "first"))
    assert (found.name, found.clips, found.predicted) == ("first 2", 10, 40)
    assert {m.name for m in list_models(project)} == {"first", "first 2"}
    walkers.reread(found.table)
    told = numbers(project, walkers.table, trained_at(project, "first 2"))
    assert (told.labelled, told.confirmed, told.predicted, told.changed) == (10, 4, 30, 0)
    again = run(retrain_job(project, found.name))
    assert {label.by for label in project.labels(sources=["model"])} == {"first", "first 3"} - {"first"}
    review.take(run(queue_job(project, again.name, "disagreement")))
    assert len(review.queue) == 30
    review.confirm()
    assert "predict" in review.asked.reason


def test_a_model_that_was_made_by_a_plan_is_trained_by_it_again(walkers):
    from actiondiff_gui.classifier.training.plan import TrainingPlan
    from actiondiff_gui.classifier.training.run import TrainingRun, training_run_job

    project = walkers.project
    store = TokenStore(features_folder(project), Provenance("made-up", PROVENANCE))
    tokens = ProjectTokens(project, store, [1])("-", 1)
    plan = TrainingPlan(head="linear", test="nothing")
    keep_model(project, run(training_run_job(tokens, TrainingRun(plan), extraction=PROVENANCE)), "planned")
    # A new action with one clip is learned from with the others.
    new = next(row for row in walkers.table if not row.labelled and row.id in walkers.made_up_places)
    editing.label(walkers, [new.id], "jump")
    found = run(retrain_job(project, "planned"))
    assert (found.name, found.clips, found.predicted) == ("planned 2", 7, 40)
    assert numbers(project, found.table, trained_at(project, found.name)).changed == 0
    assert {row.model for row in found.table if row.prediction} == {"planned 2"}


def test_only_answers_to_clips_drawn_at_random_tell_how_good_the_model_is(walkers, review):
    project = walkers.project
    review.start()
    for _ in range(3):
        review.confirm()
    assert accuracy(project, "first").answered == 0
    review.reset()
    review.take(run(queue_job(project, "first", "random", seed=1)))
    assert len(review.queue) == 31
    review.start()
    due = []
    review.training_due.connect(lambda: due.append(1))
    for n in range(10):
        wrong = next(name for name in ("walk", "eat") if name not in review.asked.predicted)
        review.choose(wrong) if n < 2 else review.confirm()
    review.skip()
    told = accuracy(project, "first")
    assert (told.right, told.answered, told.skipped, told.elsewhere) == (8, 10, 1, 3)
    # Wilson's interval for 8 of 10, as in textbooks.
    assert (told.low, told.high) == pytest.approx((0.4902, 0.9433), abs=1e-4)
    review.step(1)
    assert review.passed_over() == 1
    text, tip = estimate_text(told, True, review.passed_over())
    assert text == "<b>80% right</b>: 8 of 10 random clips, 95% interval 49 to 94%. 2 without an answer."
    assert "3 answers in other orders are not counted" in tip
    review.step(-1)
    assert not due  # an estimate is of one model, so it is not trained again meanwhile
    review.undo()
    review.undo()
    assert accuracy(project, "first").answered == 9
    assert accuracy(project, "another").answered == 0


@pytest.mark.parametrize(("right", "n"), [(0, 0), (0, 7), (7, 7), (3, 11), (80, 100)])
def test_the_interval_is_the_one_of_the_analysis(right, n):
    assert wilson(right, n) == pytest.approx(analysis_wilson(right / n if n else 0, n), abs=1e-9)


def test_labels_that_the_model_does_not_believe_are_asked_first(walkers):
    wrong = next(row for row in walkers.table if row.labelled and abs(truth_of(walkers, row.id)) > 1)
    truth = wrong.label
    editing.relabel(walkers, [wrong.id], "eat" if truth == "walk" else "walk")
    review = Reviewing(walkers)
    review.take(run(queue_job(walkers.project, "first", "doubt")))
    assert len(review.queue) == 6
    review.start()
    assert review.asked.clip_id == wrong.id
    assert review.asked.reason.startswith("labelled eat" if truth == "walk" else "labelled walk")
    review.confirm()
    assert walkers.table.get(wrong.id).labels == (truth,)


def test_excluded_clips_train_nothing_and_are_asked_no_more(walkers, review):
    review.start()
    review.exclude()
    (gone,) = (row.id for row in walkers.table if row.excluded)
    for order in ("uncertainty", "random", "novelty"):
        queue = run(queue_job(walkers.project, "first", order))
        assert gone not in {q.clip_id for q in queue.questions}
    store = TokenStore(features_folder(walkers.project), Provenance("made-up", PROVENANCE))
    assert gone not in ProjectTokens(walkers.project, store, [1], labelled=False)("-", 1).clip_ids


def test_where_several_actions_can_be_shown_digits_choose_and_enter_confirms(walkers):
    project = walkers.project
    both = next(row for row in walkers.table if row.labelled)
    editing.label(walkers, [both.id], "walk")
    editing.label(walkers, [both.id], "eat")
    store = TokenStore(features_folder(project), Provenance("made-up", PROVENANCE))
    tokens = ProjectTokens(project, store, [1])("-", 1)
    keep_model(
        project,
        fit_head("linear", tokens, range(len(tokens)), extraction=PROVENANCE, single_source=True),
        "many",
    )
    review = Reviewing(walkers)
    review.take(run(queue_job(project, "many", "uncertainty")))
    review.start()
    assert review.several
    asked = review.asked
    assert "near the threshold" in asked.reason
    for name in asked.predicted:
        review.choose(name)
    assert review.chosen == ()
    review.confirm()
    assert walkers.table.get(asked.clip_id).denied == ("walk", "eat")
    asked = review.asked
    for name in {"walk", "eat"} - set(asked.predicted):
        review.choose(name)
    review.confirm()
    assert set(walkers.table.get(asked.clip_id).labels) == {"walk", "eat"}


def test_the_same_videos_are_asked_in_the_same_order_in_every_project(walkers, tmp_path, videos):
    from actiondiff_gui.gui.session.preferences import Preferences
    from actiondiff_gui.gui.session.session import Session

    other = Session(Preferences(tmp_path / "other home"))
    other.open_project(tmp_path / "other.actiondiff", create=True)
    fill(other, clips=40, videos=videos)
    for order in ("random", "uncertainty", "novelty"):
        lines = []
        for session in (walkers, other):
            queue = run(queue_job(session.project, "first", order))
            rows = [session.table.get(q.clip_id) for q in queue.questions]
            lines.append([(row.video_name, row.start, row.end) for row in rows])
        assert lines[0] == lines[1]
    other.close_project()


def test_a_project_without_a_model_of_that_name_says_so(walkers):
    with pytest.raises(Exception, match="no model called second"):
        run(queue_job(walkers.project, "second", "random"))
    assert np.isfinite(len(clip_sources(walkers.project)))


@pytest.mark.parametrize("how", ["missing", "unreadable"])
def test_what_cannot_be_played_is_passed_over_counted_and_asked_once_it_can(walkers, review, how):
    videos = {walkers.table.get(q.clip_id).video_id for q in review.queue.questions}
    bad, good = sorted(videos, key=lambda video: walkers.videos[video].path.name)
    theirs = [q.clip_id for q in review.queue.questions if walkers.table.get(q.clip_id).video_id == bad]
    path = walkers.videos[bad].path
    try:
        if how == "missing":
            path.rename(path.with_suffix(".away"))
            reason = f"{path.name} is missing from {path.parent}."
        else:
            reason = "It cannot be read."
            walkers.unplayable.connect(review.could_not_play)
            review.session.current_changed.connect(
                lambda clip: clip in theirs and walkers.cannot_show(bad, reason)
            )
        review.start()
        while review.asked is not None:
            assert walkers.table.get(review.asked.clip_id).video_id == good
            review.confirm()
        assert {answer.clip_id for answer in walkers.project.answers()}.isdisjoint(theirs)
        assert review.counts() == (34 - len(theirs), 0, 0)
        assert set(review.not_played()) == set(theirs)
        assert review.unplayable == {bad: reason}
        told = not_played(len(theirs), list(review.unplayable.values()))
        assert told == f"{len(theirs)} clips cannot be played and were passed over: {reason}"
    finally:
        if how == "missing":
            path.with_suffix(".away").rename(path)
    if how == "missing":
        review.start()
        assert review.asked.clip_id in theirs
        assert review.counts()[2] == len(theirs)


def test_clips_drawn_at_random_that_could_not_be_played_count_as_without_an_answer(walkers, review):
    review.take(run(queue_job(walkers.project, "first", "random")))
    bad = walkers.table.get(review.queue.questions[0].clip_id).video_id
    theirs = [q for q in review.queue.questions if walkers.table.get(q.clip_id).video_id == bad]
    walkers.cannot_show(bad, "It cannot be read.")
    review.start()
    while review.asked is not None:
        review.confirm()
    assert review.passed_over() == len(theirs)
