"""Read one event at a time, fast, with the weights of an `EventLstm`.

A composing network reads events one by one. Then the time goes into starting
some thirty tensor operations, not into arithmetic; on plain arrays the same
operations start faster. The first layer's product with the embedding of each
of the V events is the same every time, so it is made once.

Axes: V vocabulary, D width. Taught in: notebooks/41_lstm_composing.ipynb
"""

import numpy as np
import torch
from torch import Tensor

from course_utils.models.lstm import EventLstm, State

Arrays = tuple[np.ndarray, np.ndarray]  # hidden and cell, each (layers, D)


class LstmStepper:
    """Gives the logits that the model gives, one event a call.

    Parameters
    ----------
    model : EventLstm
        On the CPU. Its weights are copied; dropout is off.
    """

    def __init__(self, model: EventLstm) -> None:
        self.model = model.eval()
        lstm = {
            name: weight.detach().double().numpy()
            for name, weight in model.lstm.named_parameters()
        }
        self._kernels = []  # (2D, 4D), acting on what comes and what was
        self._biases = []  # (4D,)
        for layer in range(model.config.n_layers):
            of_input = lstm[f"weight_ih_l{layer}"].T
            of_hidden = lstm[f"weight_hh_l{layer}"].T
            bias = lstm[f"bias_ih_l{layer}"] + lstm[f"bias_hh_l{layer}"]
            self._kernels.append(_single([*of_input, *of_hidden]))
            self._biases.append(_single(bias))
        embedding = model.embedding.weight.detach().double().numpy()
        first = embedding @ lstm["weight_ih_l0"].T
        self._first = _single(first + self._biases[0])  # (V, 4D)
        self._kernels[0] = _single(lstm["weight_hh_l0"].T)
        self._readout = _single(model.readout.weight.detach().numpy().T)
        self._offset = _single(model.readout.bias.detach().numpy())

    @torch.no_grad()
    def __call__(
        self, tokens: Tensor, state: State | Arrays | None
    ) -> tuple[Tensor, State | Arrays]:
        """Return the logits of each next event, and the state after the last.

        Parameters
        ----------
        tokens : Tensor of int64, shape (1, L)
            A primer, which the model reads, or one event.
        state : pair of Tensor or np.ndarray, or None
            What an earlier call returned; None starts from zero.

        Returns
        -------
        logits : Tensor, shape (1, L, V)
        state : pair, for the next call
        """
        if tokens.shape != (1, 1) or state is None:
            return self.model(tokens, state)
        hidden, cell = (
            part[:, 0].numpy() if isinstance(part, Tensor) else part
            for part in state
        )
        logits, state = self._step(int(tokens), hidden, cell)
        return torch.from_numpy(logits)[None, None], state

    def _step(
        self, event: int, hidden: np.ndarray, cell: np.ndarray
    ) -> tuple[np.ndarray, Arrays]:
        """Read one event; return logits (V,), and the state after it."""
        width = hidden.shape[1]
        new_hidden, new_cell = np.empty_like(hidden), np.empty_like(cell)
        for layer, kernel in enumerate(self._kernels):
            if layer == 0:
                gates = self._first[event] + hidden[0] @ kernel
            else:
                both = np.concatenate([new_hidden[layer - 1], hidden[layer]])
                gates = both @ kernel + self._biases[layer]
            candidate = np.tanh(gates[2 * width : 3 * width])
            write, keep, _, show = _sigmoid(gates).reshape(4, width)
            new_cell[layer] = keep * cell[layer] + write * candidate
            new_hidden[layer] = show * np.tanh(new_cell[layer])
        logits = new_hidden[-1] @ self._readout + self._offset
        return logits, (new_hidden, new_cell)


def _single(values: object) -> np.ndarray:
    """Return a contiguous array of float32."""
    return np.ascontiguousarray(values, np.float32)


def _sigmoid(values: np.ndarray) -> np.ndarray:
    """Return the logistic function; never overflows."""
    return 0.5 * (np.tanh(0.5 * values) + 1.0)
