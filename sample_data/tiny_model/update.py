"""Optimiser step of a training; on a GPU recorded as one CUDA graph."""

from dataclasses import fields

import torch
from torch import Tensor, nn

from sample_data.tiny_model.data import Batch
from sample_data.tiny_model.denoising import Draw, denoising_loss

WEIGHT_DECAY, LARGEST_GRADIENT = 1e-3, 1.0
WARM = 3
"""Steps before a graph is recorded: libraries choose their kernels, the optimiser makes its state."""


class Update:
    """Makes steps of AdamW on the denoising loss.

    Parameters
    ----------
    networks : dict
        ``unet`` and ``image_encoder``.
    peak : float
        Learning rate, until :meth:`set_rate`.
    amp : bool
        Let the networks compute in bfloat16.
    graph : bool
        Record the step as a CUDA graph and replay it. A step of a network as small as this one is some thousand small
        kernels, and the CPU takes longer to launch them than the GPU to compute them.
    """

    def __init__(
        self, networks: dict[str, nn.Module], peak: float, *, amp: bool = False, graph: bool = False
    ) -> None:
        self.networks, self.amp, self.graph = networks, amp, graph
        self.parameters = [p for n in networks.values() for p in n.parameters()]
        rate = torch.tensor(peak, device=self.parameters[0].device) if graph else peak
        self.optimiser = torch.optim.AdamW(
            self.parameters, lr=rate, weight_decay=WEIGHT_DECAY, fused=True, capturable=graph
        )
        self._warmed, self._recorded = 0, None
        self._given: list[Tensor] = []
        self._loss = torch.zeros(())

    def state(self) -> dict:
        """Of the optimiser, for a checkpoint; the rate as a plain number."""
        state = self.optimiser.state_dict()
        groups = [group | {"lr": float(group["lr"])} for group in state["param_groups"]]
        return state | {"param_groups": groups}

    def restore(self, state: dict) -> None:
        """Take over :meth:`state`, whether or not it came from a run with a graph; before the first step."""
        rates = [group["lr"] for group in self.optimiser.param_groups]
        own = {"fused": True, "capturable": self.graph}
        groups = [group | own for group in state["param_groups"]]
        self.optimiser.load_state_dict(state | {"param_groups": groups})
        for group, rate in zip(self.optimiser.param_groups, rates, strict=True):
            group["lr"] = rate

    def set_rate(self, rate: float) -> None:
        """Learn at this rate from now on."""
        for group in self.optimiser.param_groups:
            if self.graph:
                group["lr"].fill_(rate)
            else:
                group["lr"] = rate

    def __call__(self, batch: Batch, draw: Draw) -> Tensor:
        """One step; returns its loss, a scalar."""
        if not self.graph:
            return self._step(batch, draw)
        given = [getattr(one, field.name) for one in (batch, draw) for field in fields(one)]
        if self._recorded is None and self._warmed < WARM:
            self._warmed += 1
            return self._beside(batch, draw)
        if self._recorded is None:
            self._record(given)
        for kept, value in zip(self._given, given, strict=True):
            kept.copy_(value)
        self._recorded.replay()
        return self._loss.clone()

    def _step(self, batch: Batch, draw: Draw) -> Tensor:
        loss = denoising_loss(self.networks, batch, draw, amp=self.amp).mean()
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.parameters, LARGEST_GRADIENT)
        self.optimiser.step()
        return loss.detach()

    def _beside(self, batch: Batch, draw: Draw) -> Tensor:
        """Run a step on a stream of its own, as recording requires of the steps before it."""
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            loss = self._step(batch, draw)
        torch.cuda.current_stream().wait_stream(stream)
        return loss

    def _record(self, given: list[Tensor]) -> None:
        self._given = [value.clone() for value in given]
        batch, draw = Batch(*self._given[:3]), Draw(*self._given[3:])
        self.optimiser.zero_grad(set_to_none=True)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            self._loss = self._step(batch, draw)
        self._recorded = graph
