"""A small WaveNet: one sample after the other, each from those before it.

It is the slow baseline of the course. In training all samples are there and
one parallel pass predicts them all; in generation each sample waits for the
one before it. `WaveNet.generate` keeps the inputs of every dilated
convolution in a ring buffer, so that a step costs one column of the network
and not a whole receptive field (Le Paine et al., 2016).

Axes: B batch, N samples, C channels. A token is a mu-law code, 0 to 255.

Source: van den Oord et al. (2016), WaveNet, arXiv:1609.03499; Le Paine et al.
(2016), Fast WaveNet generation algorithm, arXiv:1611.09482.

Taught in: notebooks/11_phase_and_stride_beating.ipynb
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from tqdm.auto import tqdm

from course_utils.basics.checks import CourseError, check_range
from course_utils.models.mu_law import N_CLASSES, SILENCE, check_codes


@dataclass(frozen=True)
class WaveNetConfig:
    """Sizes of the network. Plain numbers are counts."""

    residual_channels: int = 32
    skip_channels: int = 64
    layers_per_stack: int = 8  # dilations 1, 2, 4, ... in each stack
    n_stacks: int = 2
    kernel_size: int = 2

    def __post_init__(self) -> None:
        check_range("residual_channels", self.residual_channels, 1, 4096)
        check_range("skip_channels", self.skip_channels, 1, 4096)
        check_range("layers_per_stack", self.layers_per_stack, 1, 14)
        check_range("n_stacks", self.n_stacks, 1, 16)
        check_range("kernel_size", self.kernel_size, 2, 8, "samples")

    @property
    def dilations(self) -> tuple[int, ...]:
        """Samples between the taps of each layer, first layer first."""
        return tuple(2**i for i in range(self.layers_per_stack)) * (
            self.n_stacks
        )

    @property
    def receptive_field(self) -> int:
        """Number of samples one prediction sees, the newest included."""
        return 1 + (self.kernel_size - 1) * sum(self.dilations)


# `paper` has the sizes of the decoder of the NSynth WaveNet autoencoder in
# Magenta's models/nsynth/wavenet/h512_bo16.py: 30 layers in stacks of 10,
# kernel 3, 512 residual and 256 skip channels.
# Deviation: its first layer also has kernel 3, ours is an embedding.
PRESETS = {
    "smoke": WaveNetConfig(16, 32, layers_per_stack=6, n_stacks=1),
    "cpu": WaveNetConfig(32, 64, layers_per_stack=8, n_stacks=2),
    "colab": WaveNetConfig(64, 128, layers_per_stack=10, n_stacks=2),
    "paper": WaveNetConfig(512, 256, 10, n_stacks=3, kernel_size=3),
}


class GatedLayer(nn.Module):
    """One dilated causal convolution with a gate, a residual and a skip.

    Parameters
    ----------
    config : WaveNetConfig
        Sizes.
    dilation : int
        Samples between the taps of the kernel.
    """

    def __init__(self, config: WaveNetConfig, dilation: int) -> None:
        super().__init__()
        width, skip = config.residual_channels, config.skip_channels
        self.dilation = dilation
        self.span = (config.kernel_size - 1) * dilation
        self.dilated = nn.Conv1d(
            width, 2 * width, config.kernel_size, dilation=dilation
        )
        self.residual = nn.Conv1d(width, width, 1)
        self.skip = nn.Conv1d(width, skip, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Map (B, C, N) to the next (B, C, N) and a skip (B, S, N)."""
        hidden = _gate(self.dilated(F.pad(x, (self.span, 0))))
        return x + self.residual(hidden), self.skip(hidden)

    def step(self, x: Tensor, ring: Tensor, n: int) -> tuple[Tensor, Tensor]:
        """Do what `forward` does for sample `n` alone.

        Parameters
        ----------
        x : Tensor, shape (B, C)
            The layer's input at sample `n`.
        ring : Tensor, shape (B, C, span)
            Its inputs before `n`; sample m lies in slot m mod span. The
            oldest is overwritten with `x`.
        n : int
            Number of samples before this one.

        Returns
        -------
        x : Tensor, shape (B, C)
        skip : Tensor, shape (B, S)
        """
        reach = range(self.span, 0, -self.dilation)
        taps = [ring[:, :, (n - back) % self.span] for back in reach]
        taps = torch.stack([*taps, x], dim=-1)  # (B, C, kernel_size)
        ring[:, :, n % self.span] = x
        hidden = _gate(_at_one_sample(self.dilated, taps))
        next_x = x + _at_one_sample(self.residual, hidden)
        return next_x, _at_one_sample(self.skip, hidden)


def _gate(mixed: Tensor) -> Tensor:
    """Halve the channels: tanh of one half times sigmoid of the other."""
    value, gate = mixed.chunk(2, dim=1)  # eq. 2 of the paper
    return torch.tanh(value) * torch.sigmoid(gate)


def _at_one_sample(layer: nn.Conv1d, taps: Tensor) -> Tensor:
    """Apply a convolution where it gives one sample: as a matrix product.

    `taps` is (B, C, kernel_size), or (B, C) for a kernel of 1. For so little
    work `conv1d` itself would take longer.
    """
    return F.linear(taps.flatten(1), layer.weight.flatten(1), layer.bias)


class WaveNet(nn.Module):
    """Predict each next sample of a mu-law coded waveform.

    Parameters
    ----------
    config : WaveNetConfig
        Sizes.
    """

    def __init__(self, config: WaveNetConfig) -> None:
        super().__init__()
        self.config = config
        self.embedding = nn.Embedding(N_CLASSES, config.residual_channels)
        self.layers = nn.ModuleList(
            GatedLayer(config, dilation) for dilation in config.dilations
        )
        self.head = nn.Sequential(
            nn.ReLU(),
            nn.Conv1d(config.skip_channels, config.skip_channels, 1),
            nn.ReLU(),
            nn.Conv1d(config.skip_channels, N_CLASSES, 1),
        )

    def forward(self, tokens: Tensor) -> Tensor:
        """Score every next sample at once, in one parallel pass.

        Parameters
        ----------
        tokens : Tensor of int64, shape (B, N)
            Mu-law codes. The samples before the first count as nothing at
            all: every layer sees zeros there.

        Returns
        -------
        Tensor, shape (B, N, 256)
            Logits at n are those of sample n + 1, and depend on the
            `receptive_field` samples up to n.

        Raises
        ------
        CourseError
            If `tokens` are not codes of shape (B, N).
        """
        _check_batch(tokens)
        x = self.embedding(tokens).transpose(1, 2)  # (B, C, N)
        total = 0.0
        for layer in self.layers:
            x, skip = layer(x)
            total = total + skip
        return self.head(total).transpose(1, 2)

    def empty_rings(self, n_items: int) -> list[Tensor]:
        """Return one buffer of zeros a layer, each (n_items, C, span)."""
        width = self.config.residual_channels
        like = self.embedding.weight
        return [
            like.new_zeros(n_items, width, layer.span) for layer in self.layers
        ]

    def step(self, tokens: Tensor, rings: list[Tensor], n: int) -> Tensor:
        """Score the sample after `n`, given only sample `n` and the buffers.

        Parameters
        ----------
        tokens : Tensor of int64, shape (B,)
            The codes of sample n.
        rings : list of Tensor
            From `empty_rings`; updated in place.
        n : int
            Number of samples before this one.

        Returns
        -------
        Tensor, shape (B, 256)
            The same logits as `forward` gives at n.
        """
        x = self.embedding(tokens)
        total = 0.0
        for layer, ring in zip(self.layers, rings, strict=True):
            x, skip = layer.step(x, ring, n)
            total = total + skip
        return self.head(total[:, :, None])[:, :, 0]

    @torch.inference_mode()
    def generate(
        self,
        n_samples: int,
        rng: torch.Generator,
        *,
        primer: Tensor | None = None,
        temperature: float = 1.0,
        progress: bool = True,
    ) -> Tensor:
        """Draw samples one by one, each from all those before it.

        Parameters
        ----------
        n_samples : int
            Number of samples to draw.
        rng : torch.Generator
            Source of the draws.
        primer : Tensor of int64, shape (B, N), or None
            Codes to continue; None starts one sound from silence.
        temperature : float
            Divides the logits; below 1 the likely codes get likelier.
        progress : bool
            Show a progress bar.

        Returns
        -------
        Tensor of int64, shape (B, n_samples)
            Codes, without the primer.

        Raises
        ------
        CourseError
            If a number is out of range or the primer is not made of codes.
        """
        check_range("n_samples", n_samples, 1, 100_000_000, "samples")
        check_range("temperature", temperature, 0.01, 100.0)
        if primer is None:
            primer = torch.full((1, 1), SILENCE)
        _check_batch(primer)
        n_given = primer.shape[1]
        rings, tokens = self.empty_rings(len(primer)), list(primer.unbind(1))
        steps = range(n_given + n_samples - 1)
        for n in tqdm(steps, desc="samples", disable=not progress):
            logits = self.step(tokens[n], rings, n)
            if n >= n_given - 1:
                chances = torch.softmax(logits / temperature, dim=-1)
                drawn = torch.multinomial(chances, 1, generator=rng)
                tokens.append(drawn[:, 0])
        return torch.stack(tokens[n_given:], dim=1)


def _check_batch(tokens: Tensor) -> None:
    """Refuse tokens that are not codes of shape (B, N)."""
    if tokens.ndim != 2 or tokens.numel() == 0:
        raise CourseError(
            "tokens of shape (B, N), N > 0",
            f"shape {tuple(tokens.shape)}",
            "add the batch axis with tokens[None]",
        )
    check_codes(tokens)
