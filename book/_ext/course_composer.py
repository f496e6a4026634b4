"""Lay the exported LSTM beside the pages, where `<lstm-composer>` finds it.

It is made from the shipped checkpoint, anew only when that or the program
that exports it has changed. The element's runtime is `_vendor/onnxruntime`.
"""

import hashlib
import sys
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.config import Config

REPOSITORY = Path(__file__).resolve().parents[2]
if str(REPOSITORY) not in sys.path:
    sys.path.insert(0, str(REPOSITORY))

from course_utils.basics.paths import shipped_data_dir  # noqa: E402

EXPORT = REPOSITORY / "course_utils" / "recipes" / "lstm_onnx.py"
MODELS = ("lstm-chorales",)
FOLDER = "_generated/composer"


def setup(app: Sphinx) -> dict:
    """Connect the step to the moment of a build."""
    app.connect("config-inited", lay_out)
    return {"version": "1", "parallel_read_safe": True}


def lay_out(app: Sphinx, config: Config) -> None:
    """Write the models that are not there yet; none without checkpoints."""
    for name in MODELS:
        if (shipped_data_dir() / "checkpoints" / name).is_dir():
            write_model(name, Path(app.srcdir) / FOLDER / f"{name}.js")


def write_model(name: str, path: Path) -> None:
    """Write one model as a script that says what it was made from."""
    checkpoint = shipped_data_dir() / "checkpoints" / name
    made_from = hashlib.sha256()
    for source in (checkpoint / "model.safetensors", EXPORT):
        made_from.update(source.read_bytes())
    mark = f"// sha256 {made_from.hexdigest()}\n"
    if path.is_file() and path.read_text(encoding="utf-8").endswith(mark):
        return
    from course_utils.recipes.lstm import load_model
    from course_utils.widgets.lstm_composer import packed_model

    model, _ = load_model(checkpoint)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(packed_model(name, model) + mark, encoding="utf-8")
