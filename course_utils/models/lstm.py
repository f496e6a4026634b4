"""An LSTM that predicts the next event of a token sequence.

Axes: B batch, L tokens, V vocabulary, D width of one layer.

Source: Hochreiter and Schmidhuber (1997), Long short-term memory. The sizes
of preset `cpu` are those of the 2022 study (three layers of 128, dropout);
`paper` has those of Magenta's polyphony_rnn (three layers of 256).

Taught in: notebooks/40_lstm_training.ipynb
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from course_utils.basics.checks import CourseError, check_range
from course_utils.models.initialise import init_weights

State = tuple[Tensor, Tensor]  # hidden and cell, each (layers, B, D)


@dataclass(frozen=True)
class LstmConfig:
    """Sizes of the network. Plain numbers are counts."""

    vocab_size: int  # V
    width: int = 128  # D, units in each layer
    n_layers: int = 3
    keep_probability: float = 0.9  # of what a layer shows, in training

    def __post_init__(self) -> None:
        check_range("vocab_size", self.vocab_size, 2, 100_000, "events")
        check_range("width", self.width, 1, 8192, "units")
        check_range("n_layers", self.n_layers, 1, 32, "layers")
        check_range("keep_probability", self.keep_probability, 0.01, 1.0)


PRESETS = {
    "smoke": {"width": 128, "n_layers": 1, "keep_probability": 1.0},
    "cpu": {"width": 128, "n_layers": 3},
    "colab": {"width": 256, "n_layers": 3},
    "paper": {"width": 256, "n_layers": 3},
}


class EventLstm(nn.Module):
    """Embedding, stacked LSTM with dropout after each layer, and a read-out.

    Parameters
    ----------
    config : LstmConfig
        Sizes; they travel in the checkpoint.
    """

    def __init__(self, config: LstmConfig) -> None:
        super().__init__()
        self.config = config
        drop = 1.0 - config.keep_probability
        self.embedding = nn.Embedding(config.vocab_size, config.width)
        self.lstm = nn.LSTM(
            config.width,
            config.width,
            config.n_layers,
            batch_first=True,
            dropout=drop if config.n_layers > 1 else 0.0,
        )
        self.dropout = nn.Dropout(drop)
        self.readout = nn.Linear(config.width, config.vocab_size)

    def forward(
        self, tokens: Tensor, state: State | None = None
    ) -> tuple[Tensor, State]:
        """Return the logits of each next event, and the state after the last.

        Parameters
        ----------
        tokens : Tensor of int64, shape (B, L)
            Events, each in [0, V).
        state : pair of Tensor, shape (layers, B, D), or None
            What an earlier call returned; None starts from zero.

        Returns
        -------
        logits : Tensor, shape (B, L, V)
        state : pair of Tensor, shape (layers, B, D)

        Raises
        ------
        CourseError
            If `tokens` is not of shape (B, L).
        """
        if tokens.ndim != 2:
            raise CourseError(
                "tokens of shape (B, L)",
                f"shape {tuple(tokens.shape)}",
                "add the batch axis with tokens[None]",
            )
        hidden, state = self.lstm(self.embedding(tokens), state)
        return self.readout(self.dropout(hidden)), state


def init_lstm(model: EventLstm, rng: torch.Generator) -> None:
    """Draw all weights from `rng`, in a state from which an LSTM learns fast.

    As `init_weights` does it, but for two things. The forget gates begin
    open (bias 1), so that the cells keep what they are given until they
    learn what to forget (Jozefowicz et al., 2015). The vectors of the
    embedding have unit variance, so that events differ enough to be heard.
    """
    init_weights(model, rng)
    width = model.config.width
    with torch.no_grad():
        model.embedding.weight.normal_(generator=rng)
        for name, weight in model.lstm.named_parameters():
            if name.startswith("bias_ih"):
                weight[width : 2 * width] = 1.0
