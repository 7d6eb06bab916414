import numpy as np
import pytest
import torch

from actiondiff_gui.classifier.deciding import deciding_frames, evidence_map
from actiondiff_gui.classifier.training.fitting import fit_job
from actiondiff_gui.errors import ClassifierError
from actiondiff_gui.evaluation.splits import train_on_all
from actiondiff_gui.progress import run


@pytest.fixture(scope="module")
def trained(make_tokens, quick):
    tokens = make_tokens()
    fold = train_on_all(tokens)
    return tokens, run(fit_job("transformer", tokens, fold.train, fold.validation, quick))


def test_evidence_at_a_place_is_the_answer_for_the_features_of_that_place(trained):
    _, classifier = trained
    map_ = np.random.default_rng(0).normal(size=(6, 16, 2, 3)).astype(np.float32)
    found = evidence_map(classifier, map_)
    assert found.shape == (2, 3, 3)
    np.testing.assert_allclose(found.sum(-1), 1, rtol=1e-5)
    alone = classifier.head.proba([map_[:, :, 1, 2]])[0]
    np.testing.assert_allclose(found[1, 2], alone, rtol=1e-4, atol=1e-6)


def test_the_place_that_shows_an_action_is_found(trained):
    tokens, classifier = trained
    probabilities = classifier.predict_proba(tokens)
    sure = int(probabilities[:, 1].argmax())
    other = int(probabilities[:, 1].argmin())
    length = min(len(tokens.tokens[sure]), len(tokens.tokens[other]))
    map_ = np.repeat(tokens.tokens[other][:length, :, None], 6, axis=2).reshape(length, 16, 2, 3).copy()
    map_[:, :, 0, 2] = tokens.tokens[sure][:length]
    found = evidence_map(classifier, map_)[..., 1]
    assert np.unravel_index(found.argmax(), found.shape) == (0, 2)


def test_rollout_follows_the_layers_as_written_out(trained):
    tokens, classifier = trained
    clip = tokens.tokens[0]
    found = deciding_frames(classifier, clip)
    assert found.rollout.shape == (len(clip),)
    assert found.rollout.sum() == pytest.approx(1, abs=1e-5)
    assert (found.attention.sum(axis=1) <= 1 + 1e-5).all()
    model, (layer,) = classifier.head.model, classifier.head.model.encoder.layers
    with torch.inference_mode():
        values = torch.from_numpy(classifier.head.normalisation(clip))[None]
        x, _ = model.embed(values, torch.ones(values.shape[:2], dtype=torch.bool))
        width, heads = model.width, model.heads
        q, k, _ = (x @ layer.self_attn.in_proj_weight.T + layer.self_attn.in_proj_bias).chunk(3, dim=-1)
        q, k = (each.view(1, -1, heads, width // heads).transpose(1, 2) for each in (q, k))
        weights = (q @ k.transpose(-1, -2) / (width // heads) ** 0.5).softmax(-1).mean(1)[0]
    np.testing.assert_allclose(found.attention[0], weights[0, 1:], rtol=1e-4, atol=1e-6)
    # With one layer, rollout is attention and residual in equal parts, and only the class token has the latter.
    expected = weights[0, 1:] / weights[0, 1:].sum()
    np.testing.assert_allclose(found.rollout, expected, rtol=1e-4, atol=1e-6)


def test_what_a_linear_head_decided_by_cannot_be_asked(make_tokens):
    tokens = make_tokens()
    linear = run(fit_job("linear", tokens, np.arange(len(tokens))))
    with pytest.raises(ClassifierError, match="has no attention"):
        deciding_frames(linear, tokens.tokens[0])


def test_maps_of_another_layer_are_refused(trained):
    _, classifier = trained
    with pytest.raises(ClassifierError, match="16 channels"):
        evidence_map(classifier, np.zeros((4, 7, 2, 2), np.float32))
