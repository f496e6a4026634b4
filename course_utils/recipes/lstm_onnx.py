"""The LSTM as an ONNX graph, for programs that do not know PyTorch.

The graph reads one event: the event and the state go in, the logits of the
next event and the new state come out. Whoever composes keeps the state.

Axes: V vocabulary, D width of one layer.

Source: the operator `LSTM` of ONNX, version 14. Deviation: PyTorch stacks the
gates as input, forget, cell, output; ONNX as input, output, forget, cell.

Taught in: notebooks/41_lstm_composing.ipynb
"""

from typing import TYPE_CHECKING

import numpy as np
from torch import Tensor

from course_utils.basics.checks import CourseError
from course_utils.models.lstm import EventLstm

if TYPE_CHECKING:
    from onnx import ModelProto, NodeProto, ValueInfoProto

OPSET = 14  # old runtimes read it too
IR_VERSION = 7  # of the file format
GATES = (0, 3, 1, 2)  # where PyTorch keeps the gates that ONNX wants in order


def lstm_to_onnx(model: EventLstm) -> bytes:
    """Return the network as the bytes of an ONNX file, weights included.

    Parameters
    ----------
    model : EventLstm
        Dropout is left out.

    Returns
    -------
    bytes
        Inputs: `event` int64 (1, 1), `hidden` and `cell` float32
        (layers, 1, D), zeros before the first event. Outputs: `logits`
        float32 (1, 1, V), `new_hidden` and `new_cell`.

    Raises
    ------
    CourseError
        If the package `onnx` is not installed.

    Taught in: notebooks/41_lstm_composing.ipynb
    """
    try:
        import onnx
    except ImportError:
        raise CourseError(
            "the package onnx", "it is not installed", "pip install onnx"
        ) from None
    graph = _graph(model)
    onnx.checker.check_model(graph, full_check=True)
    return graph.SerializeToString()


def _graph(model: EventLstm) -> "ModelProto":
    """Return the graph with inputs, outputs and weights."""
    from onnx import TensorProto, helper, numpy_helper

    config = model.config
    state = [config.n_layers, 1, config.width]

    def real(name: str, shape: list[int]) -> "ValueInfoProto":
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)

    event = helper.make_tensor_value_info("event", TensorProto.INT64, [1, 1])
    logits = real("logits", [1, 1, config.vocab_size])
    graph = helper.make_graph(
        _nodes(config.n_layers, config.width),
        "lstm_step",
        [event, real("hidden", state), real("cell", state)],
        [logits, real("new_hidden", state), real("new_cell", state)],
        [
            numpy_helper.from_array(weight, name)
            for name, weight in _weights(model).items()
        ],
    )
    opset = [helper.make_opsetid("", OPSET)]
    return helper.make_model(graph, opset_imports=opset, ir_version=IR_VERSION)


def _nodes(n_layers: int, width: int) -> list["NodeProto"]:
    """Return the operations, in the order in which they run."""
    from onnx.helper import make_node

    layers = range(n_layers)
    olds = [[f"{part}_{i}" for i in layers] for part in ("hidden", "cell")]
    news = [[f"new_{name}" for name in names] for names in olds]
    nodes = [
        make_node("Gather", ["embedding", "event"], ["input_0"]),
        make_node("Split", ["hidden"], olds[0], axis=0),
        make_node("Split", ["cell"], olds[1], axis=0),
    ]
    for i in layers:
        # A row of one event: the last hidden state is the whole output.
        given = ["input_0" if i == 0 else news[0][i - 1]]
        given += [f"of_input_{i}", f"of_hidden_{i}", f"bias_{i}", ""]
        given += [olds[0][i], olds[1][i]]
        made = ["", news[0][i], news[1][i]]
        nodes.append(make_node("LSTM", given, made, hidden_size=width))
    return [
        *nodes,
        make_node("Concat", news[0], ["new_hidden"], axis=0),
        make_node("Concat", news[1], ["new_cell"], axis=0),
        make_node("MatMul", [news[0][-1], "readout"], ["scores"]),
        make_node("Add", ["scores", "offset"], ["logits"]),
    ]


def _weights(model: EventLstm) -> dict[str, np.ndarray]:
    """Return the weights by their names in the graph."""
    lstm = dict(model.lstm.named_parameters())
    found = {
        "embedding": _array(model.embedding.weight),
        "readout": _array(model.readout.weight.T),
        "offset": _array(model.readout.bias),
    }
    for i in range(model.config.n_layers):
        found[f"of_input_{i}"] = _regate(lstm[f"weight_ih_l{i}"])[None]
        found[f"of_hidden_{i}"] = _regate(lstm[f"weight_hh_l{i}"])[None]
        biases = [_regate(lstm[f"bias_{kind}_l{i}"]) for kind in ("ih", "hh")]
        found[f"bias_{i}"] = np.concatenate(biases)[None]
    return found


def _array(weight: Tensor) -> np.ndarray:
    """Return a contiguous array of float32."""
    return np.ascontiguousarray(weight.detach().numpy(), np.float32)


def _regate(weight: Tensor) -> np.ndarray:
    """Return a weight (4D, ...) with its gates in the order of ONNX."""
    gates = np.split(_array(weight), len(GATES))
    return np.concatenate([gates[place] for place in GATES])
