"""Training loop of the transformer classifier."""

import math
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from scipy.optimize import minimize_scalar
from torch.nn import functional as F

from actiondiff_gui.classifier.models.network import ActionTransformer
from actiondiff_gui.classifier.models.trained import TrainedClassifier
from actiondiff_gui.classifier.models.transformer_head import TransformerHead, probabilities
from actiondiff_gui.classifier.torch_errors import errors_translated, usable_device
from actiondiff_gui.classifier.training.batches import pad, shorten
from actiondiff_gui.classifier.training.losses import focal_loss, learning_rate_at, mix
from actiondiff_gui.classifier.training.part import TrainingPart, training_part, usable_part
from actiondiff_gui.classifier.training.presets import TrainingSettings, preset
from actiondiff_gui.classifier.training.progress import TrainingProgress
from actiondiff_gui.errors import ClassifierError
from actiondiff_gui.evaluation.metrics import mean_average_precision, top1
from actiondiff_gui.evaluation.normalisation import Normalisation
from actiondiff_gui.evaluation.sources import check_no_shared_source
from actiondiff_gui.features.tokens import TokenSet
from actiondiff_gui.progress import Job, Progress

SECONDS_BETWEEN_REPORTS = 0.5
CLIPS_TO_CALIBRATE = 10
"""A temperature fitted on fewer validation clips says more about them than about the classifier."""
SMALL = 2_000_000
"""Weights of a network whose steps are too short to share among processor cores: on busy cores the threads mostly wait for
each other (one epoch of 144 sample clips took 0.7 s with one thread, and more than 10 s with two on a loaded machine)."""


def train_job(
    tokens: TokenSet,
    train: Sequence[int] | np.ndarray,
    validation: Sequence[int] | np.ndarray | None = None,
    settings: TrainingSettings | None = None,
    device: str = "cpu",
    *,
    extraction: dict[str, Any] | None = None,
    single_source: bool = False,
) -> Job[TrainedClassifier]:
    """Train a transformer and return its best epoch.

    The result follows from the clips, the settings and the seed alone: not from the order of the clips,
    nor from what else draws random numbers between two reports. On a GPU it does up to rounding.

    Parameters
    ----------
    tokens : TokenSet
        All clips.
    train, validation : sequence of int
        Which clips to learn from, and which to choose the epoch and the temperature on. Without
        validation clips the last epoch is kept, uncalibrated.
    settings : TrainingSettings
        Default: the preset "small-data".
    device : str
        "cpu", "cuda", "mps".
    extraction : dict, optional
        How the features were extracted, to be kept with the classifier.
    single_source : bool
        Allow training on clips of a single source group.

    Yields
    ------
    Progress
        A :class:`TrainingProgress` after each epoch; plain ones before the first and, about twice a second,
        within long epochs.

    Raises
    ------
    ClassifierError
        The clips cannot train a classifier, the parts share a source, the loss diverges, or the device
        is missing or out of memory.
    """
    settings = settings or preset("small-data")
    exclusive = settings.loss == "cross-entropy"
    part = training_part(tokens, train, settings.unlabelled_as_negative, exclusive, single_source)
    held = None
    passed_over = part.passed_over
    if validation is not None and len(validation):
        held = usable_part(tokens, validation, settings.unlabelled_as_negative, exclusive)
        check_no_shared_source(tokens, train, validation)
        passed_over += held.passed_over
        held = held if len(held) else None
    run = _Training(part, held, settings, usable_device(device), extraction or {})
    yield Progress(0, settings.epochs, f"training on {len(part)} clips", passed_over)

    for epoch in range(1, settings.epochs + 1):
        reported = time.monotonic()
        order = np.random.default_rng((settings.seed, epoch)).permutation(len(part))
        losses = []
        for step in range(run.steps_per_epoch):
            rows = order[step * settings.batch_size : (step + 1) * settings.batch_size]
            with _threads(run.threads):
                losses.append(run.step(epoch, step, rows) * len(rows))
            if time.monotonic() - reported > SECONDS_BETWEEN_REPORTS:
                reported = time.monotonic()
                message = f"epoch {epoch} of {settings.epochs}, batch {step + 1} of {run.steps_per_epoch}"
                yield Progress(epoch - 1, settings.epochs, message, passed_over)
        loss = sum(losses) / len(part)
        if not math.isfinite(loss):
            raise ClassifierError(
                f"The loss is no longer a number in epoch {epoch}: choose a lower learning rate or "
                "standardise the tokens."
            )
        with _threads(run.threads):
            metric, validation_loss = run.finish_epoch(epoch, loss)
        yield TrainingProgress(
            epoch,
            settings.epochs,
            f"epoch {epoch} of {settings.epochs}",
            passed_over,
            loss=loss,
            learning_rate=run.learning_rate,
            metric_name=run.metric_name,
            metric=metric,
            validation_loss=validation_loss,
            best_epoch=run.best_epoch,
            best=run.best,
        )
        if settings.patience and held and epoch - run.best_epoch >= settings.patience:
            break
    return run.best()


@contextmanager
def _threads(count: int) -> Generator[None, None, None]:
    """Let torch share its work among so many threads, and among as many as before afterwards."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def best_temperature(logits: np.ndarray, truth: np.ndarray, known: np.ndarray, softmax: bool) -> float:
    """Return the temperature, between 1/20 and 20, under which the truth is most probable.

    ``logits``, ``truth`` and ``known`` are [N, K]. Guo et al. 2017, "On calibration of modern neural
    networks".
    """

    def surprise(log_temperature: float) -> float:
        return _negative_log_likelihood(logits / math.exp(log_temperature), truth, known, softmax)

    bound = math.log(20)
    return math.exp(minimize_scalar(surprise, bounds=(-bound, bound), method="bounded").x)


def _negative_log_likelihood(
    logits: np.ndarray, truth: np.ndarray, known: np.ndarray, softmax: bool
) -> float:
    scores = torch.from_numpy(logits).double()
    if softmax:
        return float(F.cross_entropy(scores, torch.from_numpy(truth.argmax(axis=1))))
    loss = F.binary_cross_entropy_with_logits(scores, torch.from_numpy(truth).double(), reduction="none")
    return float(loss[torch.from_numpy(known)].mean()) if known.any() else math.nan


class _Training:
    """Remembers the network, its optimiser and the best epoch of one training."""

    def __init__(
        self,
        part: TrainingPart,
        held: TrainingPart | None,
        settings: TrainingSettings,
        device: torch.device,
        extraction: dict[str, Any],
    ) -> None:
        self.part, self.held, self.settings, self.device = part, held, settings, device
        self.extraction = extraction
        self.softmax = settings.loss == "cross-entropy"
        self.single_label = part.single_label
        self.metric_name = ("top-1" if self.single_label else "mAP") if held else ""
        channels = part.tokens.tokens[0].shape[1]
        self.normalisation = Normalisation.identity(channels)
        if settings.standardise:
            self.normalisation = Normalisation.of(
                [shorten(t, settings.max_tokens) for t in part.tokens.tokens]
            )
        self.steps_per_epoch = math.ceil(len(part) / settings.batch_size)
        self.learning_rate = 0.0
        self.best_epoch, self.best_score = 0, (-math.inf, -math.inf)
        self.best_state: dict[str, torch.Tensor] = {}
        self.history: list[dict[str, float | int | None]] = []
        with errors_translated("building the classifier"), self._random_numbers(0, 0):
            self.model = self._build().to(device)
            self.optimiser = torch.optim.AdamW(
                self.model.parameters(),
                lr=settings.learning_rate,
                weight_decay=settings.weight_decay,
                fused=device.type in ("cpu", "cuda"),
            )
        small = sum(weight.numel() for weight in self.model.parameters()) < SMALL
        self.threads = 1 if small and device.type == "cpu" else torch.get_num_threads()

    def _build(self) -> ActionTransformer:
        s = self.settings
        shape = (len(self.normalisation.mean), len(self.part.tokens.classes), s.layers, s.heads, s.width)
        return ActionTransformer(*shape, dropout=s.dropout)

    @contextmanager
    def _random_numbers(self, epoch: int, step: int) -> Generator[np.random.Generator, None, None]:
        """Seed torch for one step, leave others' random numbers as they were, and give numpy's."""
        rng = np.random.default_rng((self.settings.seed, epoch, step, 1))
        seed = int(rng.integers(2**63 - 1))
        # torch.manual_seed would keep a record of every call for devices that are not in use
        with torch.random.fork_rng(devices=[self.device] if self.device.type == "cuda" else []):
            torch.default_generator.manual_seed(seed)
            if self.device.type == "cuda":
                with torch.cuda.device(self.device):
                    torch.cuda.manual_seed(seed)
            elif self.device.type == "mps":
                torch.mps.manual_seed(seed)
            yield rng

    def step(self, epoch: int, step: int, rows: np.ndarray) -> float:
        """Learn from the clips ``rows``; their mean loss before that."""
        s, part = self.settings, self.part
        done = (epoch - 1) * self.steps_per_epoch + step
        warmup = min(s.warmup_epochs, s.epochs - 1) * self.steps_per_epoch
        self.learning_rate = learning_rate_at(done, s.epochs * self.steps_per_epoch, warmup, s.learning_rate)
        for group in self.optimiser.param_groups:
            group["lr"] = self.learning_rate
        clips = [self.normalisation(shorten(part.tokens.tokens[i], s.max_tokens)) for i in rows]
        with errors_translated("training the classifier"), self._random_numbers(epoch, step) as rng:
            batch, mask = (torch.from_numpy(a).to(self.device) for a in pad(clips))
            truth = torch.from_numpy(part.truth[rows].astype(np.float32)).to(self.device)
            known = torch.from_numpy(part.known[rows].astype(np.float32)).to(self.device)
            self.model.train()
            if s.mixup > 0:
                share = float(rng.beta(s.mixup, s.mixup))
                partner = torch.from_numpy(rng.permutation(len(rows))).to(self.device)
                logits = self.model(*mix(batch, mask, partner, share))
                loss = share * self._loss(logits, truth, known)
                loss = loss + (1 - share) * self._loss(logits, truth[partner], known[partner])
            else:
                loss = self._loss(self.model(batch, mask), truth, known)
            self.optimiser.zero_grad(set_to_none=True)
            torch.autograd.backward(loss)
            if s.clip_norm is not None:
                torch.nn.utils.clip_grad_norm_(self.model.parameters(), s.clip_norm)
            self.optimiser.step()
            return loss.item()

    def _loss(self, logits: torch.Tensor, truth: torch.Tensor, known: torch.Tensor) -> torch.Tensor:
        if self.softmax:
            return F.cross_entropy(logits, truth.argmax(dim=1))
        return focal_loss(logits, truth, known, self.settings.alpha, self.settings.gamma)

    def finish_epoch(self, epoch: int, loss: float) -> tuple[float | None, float | None]:
        """Measure on the validation part and keep the weights where they are the best so far."""
        metric = validation_loss = None
        if self.held is not None:
            logits = self._head(self.model).logits(self.held.tokens.tokens)
            truth, known = self.held.truth, self.held.known
            validation_loss = _negative_log_likelihood(logits, truth, known, self.softmax)
            chances = probabilities(logits, self.softmax)
            measure = top1 if self.single_label else mean_average_precision
            metric = measure(chances, truth, known)
            first, second = (-math.inf if math.isnan(v) else v for v in (metric, -validation_loss))
            score = (first, second)
            improved = score > self.best_score or not self.best_state
        else:
            improved, score = True, self.best_score
        if improved:
            self.best_epoch, self.best_score = epoch, score
            self.best_state = {k: v.detach().cpu().clone() for k, v in self.model.state_dict().items()}
        self.history.append(
            {"epoch": epoch, "loss": loss, "metric": metric, "validation_loss": validation_loss}
        )
        return metric, validation_loss

    def _head(self, model: ActionTransformer, temperature: float = 1.0) -> TransformerHead:
        return TransformerHead(
            model.eval(), self.normalisation, self.settings.max_tokens, self.softmax, temperature
        )

    def best(self) -> TrainedClassifier:
        """Return the classifier of the best epoch, on the CPU."""
        with errors_translated("keeping the best classifier"), self._random_numbers(0, 0):
            model = self._build()
            model.load_state_dict(self.best_state)
        head = self._head(model.requires_grad_(False))
        temperature = 1.0
        if self.held is not None and self.settings.calibrate and len(self.held) >= CLIPS_TO_CALIBRATE:
            temperature = best_temperature(
                head.logits(self.held.tokens.tokens), self.held.truth, self.held.known, self.softmax
            )
        chosen = self.history[self.best_epoch - 1]
        return TrainedClassifier(
            head=self._head(model, temperature),
            classes=self.part.tokens.classes,
            address=self.part.tokens.address,
            single_label=self.single_label,
            training_clips=len(self.part),
            settings=self.settings.to_dict(),
            metrics={
                "best_epoch": self.best_epoch,
                "validation_clips": len(self.held) if self.held else 0,
                "validation_metric": self.metric_name,
                "validation": chosen["metric"],
                "validation_loss": chosen["validation_loss"],
                "history": [dict(row) for row in self.history],
            },
            extraction=dict(self.extraction),
        )
