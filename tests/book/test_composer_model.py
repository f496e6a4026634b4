"""The build's copy of the LSTM: made once, from the shipped checkpoint."""

from course_composer import MODELS, write_model

from course_utils.basics.paths import shipped_data_dir
from course_utils.recipes.lstm import load_model
from course_utils.recipes.lstm_onnx import lstm_to_onnx
from course_utils.widgets.packed_file import unpack


def test_a_model_is_written_once_and_again_when_it_is_an_old_one(tmp_path):
    (name,) = MODELS
    path = tmp_path / "composer" / f"{name}.js"
    write_model(name, path)
    script = path.read_text()
    model, _ = load_model(shipped_data_dir() / "checkpoints" / name)
    assert unpack(script) == (f"{name}.onnx", lstm_to_onnx(model))
    written = path.stat().st_mtime_ns
    write_model(name, path)
    assert path.stat().st_mtime_ns == written
    path.write_text(script.replace("sha256 ", "sha256 0"))
    write_model(name, path)
    assert path.read_text() == script
