"""Transformer network that classifies the tokens of a clip."""

import math

import torch
from torch import nn


def head_count(width: int, heads: int) -> int:
    """Return the largest number of attention heads up to ``heads`` that divides ``width`` (36 and 8 give 6)."""
    return max(h for h in range(1, heads + 1) if width % h == 0)


def sinusoidal_positions(length: int, width: int) -> torch.Tensor:
    """Sine and cosine position codes ``[length, width]``, interleaved, sine first.

    From Vaswani et al. 2017, "Attention is all you need", section 3.5.
    """
    position = torch.arange(length, dtype=torch.float32)[:, None]
    rate = torch.exp(torch.arange(0, width, 2, dtype=torch.float32) * (-math.log(10000.0) / width))
    codes = torch.zeros(length, width)
    codes[:, 0::2] = torch.sin(position * rate)
    codes[:, 1::2] = torch.cos(position * rate)[:, : width // 2]
    return codes


class ActionTransformer(nn.Module):
    """Transformer with a class token over the tokens of a clip (arXiv 2509.08908).

    The class token stands at position 0 and the tokens at positions 1 to L. With ``width=None`` this
    is the released architecture, and its weights load by name. Where the width cannot be divided by
    ``heads``, the largest smaller number of heads that divides it is used: no weights are added, and
    every channel count works.

    Parameters
    ----------
    channels : int
        Channels C of the tokens.
    classes : int
        Number K of actions.
    layers, heads : int
        Encoder layers, and attention heads at most.
    width : int, optional
        Width of the encoder. Where it is given and differs from ``channels``, a linear layer brings the
        tokens to it first.
    dropout : float
        Share of values dropped after the positions are added and inside the encoder.
    """

    def __init__(
        self,
        channels: int,
        classes: int,
        layers: int = 6,
        heads: int = 8,
        width: int | None = None,
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        self.channels, self.classes = channels, classes
        self.width = channels if width is None else width
        self.heads = head_count(self.width, heads)
        self.project = nn.Identity() if self.width == channels else nn.Linear(channels, self.width)
        self.cls_token = nn.Parameter(torch.randn(1, 1, self.width) * 0.02)
        self.dropout = nn.Dropout(dropout)

        def layer() -> nn.TransformerEncoderLayer:
            return nn.TransformerEncoderLayer(
                self.width, self.heads, 3 * self.width, dropout, activation="relu", batch_first=True
            )

        self.encoder = nn.TransformerEncoder(
            layer(), layers, norm=nn.LayerNorm(self.width), enable_nested_tensor=False
        )
        # nn.TransformerEncoder copies one layer, so that all would start with the same weights.
        self.encoder.layers = nn.ModuleList(layer() for _ in range(layers))
        self.classifier = nn.Linear(self.width, classes)

    def embed(self, tokens: torch.Tensor, mask: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the input of the first encoder layer, and which of its positions are padding.

        Parameters
        ----------
        tokens : Tensor
            ``[B, L, C]``; what stands in padded positions has no influence.
        mask : Tensor
            ``[B, L]``, 1 or True where a token is real.

        Returns
        -------
        embedded : Tensor
            ``[B, 1 + L, width]``, the class token first.
        padding : Tensor
            ``[B, 1 + L]`` bool, True where there is no token.
        """
        real = mask.bool()
        tokens = tokens.masked_fill(~real[..., None], 0.0)  # 0 x NaN would pass through attention
        x = torch.cat([self.cls_token.expand(len(tokens), -1, -1), self.project(tokens)], dim=1)
        x = x + sinusoidal_positions(x.shape[1], self.width).to(x)
        padding = torch.cat([real.new_zeros(len(real), 1), ~real], dim=1)
        return self.dropout(x), padding

    def represent(self, tokens: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Return the class token after the last layer, ``[B, width]``: the clip as the last linear layer sees it."""
        x, padding = self.embed(tokens, mask)
        seen: torch.Tensor = self.encoder(x, src_key_padding_mask=padding)
        return seen[:, 0]

    def forward(self, tokens: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Logits ``[B, K]`` of tokens ``[B, L, C]`` with mask ``[B, L]`` (1 or True: a real token)."""
        logits: torch.Tensor = self.classifier(self.represent(tokens, mask))
        return logits
