"""The exported LSTM says what PyTorch says."""

import builtins

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from course_utils.basics.checks import CourseError
from course_utils.basics.paths import shipped_data_dir
from course_utils.basics.runtime import torch_rng
from course_utils.data.corpora import chorales
from course_utils.models.lstm import EventLstm, LstmConfig, init_lstm
from course_utils.recipes.lstm import load_model
from course_utils.recipes.lstm_onnx import lstm_to_onnx
from course_utils.symbolic.encodings import encoding_of

MOST = 1e-4  # the logits of real pieces reach about 40


def run(data, events):
    """Return the logits (L, V) that the graph gives, event by event."""
    session = onnxruntime.InferenceSession(data)
    shape = session.get_inputs()[1].shape
    hidden = cell = np.zeros(shape, np.float32)
    logits = []
    for event in events:
        given = {"event": np.array([[event]]), "hidden": hidden, "cell": cell}
        out, hidden, cell = session.run(None, given)
        logits.append(out[0, 0])
    return np.stack(logits)


@pytest.mark.parametrize("name", ["lstm-chorales", "lstm-chorales-259"])
def test_logits_of_held_out_chorales_equal_those_of_pytorch(name):
    checkpoint = shipped_data_dir() / "checkpoints" / name
    model, about = load_model(checkpoint)
    data = lstm_to_onnx(model)
    encode = encoding_of(about["encoding"]).encode
    held_out = [p for p in chorales("smoke") if p.split == "test"]
    for piece in held_out:
        events = encode(piece.sequence)[:500]
        with torch.no_grad():
            expected = model(torch.tensor([events]))[0][0].numpy()
        difference = np.abs(run(data, events) - expected).max()
        print(f"{name}, {piece.name}: {difference:.1e}")
        assert difference <= MOST


@pytest.mark.parametrize("n_layers", [1, 2])
def test_any_size_is_exported_and_dropout_is_left_out(n_layers):
    sizes = {"vocab_size": 11, "width": 6, "n_layers": n_layers}
    model = EventLstm(LstmConfig(**sizes, keep_probability=0.5))
    init_lstm(model, torch_rng(3))
    got = run(lstm_to_onnx(model.train()), range(11))
    with torch.no_grad():
        expected = model.eval()(torch.arange(11)[None])[0][0].numpy()
    np.testing.assert_allclose(got, expected, atol=1e-6)


def test_the_graph_is_small_and_names_what_goes_in_and_out():
    model, _ = load_model(shipped_data_dir() / "checkpoints/lstm-chorales")
    data = lstm_to_onnx(model)
    n_weights = sum(weight.numel() for weight in model.parameters())
    assert 0 <= len(data) - 4 * n_weights < 4_000  # bytes beside the weights
    graph = onnx.load_from_string(data).graph
    assert [x.name for x in graph.input] == ["event", "hidden", "cell"]
    names = [x.name for x in graph.output]
    assert names == ["logits", "new_hidden", "new_cell"]


def test_without_the_package_one_is_told_to_install_it(monkeypatch):
    real = builtins.__import__

    def refuse(name, *args):
        if name == "onnx":
            raise ImportError(name)
        return real(name, *args)

    monkeypatch.setattr(builtins, "__import__", refuse)
    model = EventLstm(LstmConfig(vocab_size=3, width=2, n_layers=1))
    with pytest.raises(CourseError, match="pip install onnx"):
        lstm_to_onnx(model)
