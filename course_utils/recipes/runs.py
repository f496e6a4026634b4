"""The folder of one training: what it holds, and how it is found again.

Taught in: notebooks/40_lstm_training.ipynb
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from torch import nn
from torch.nn.modules.module import (
    register_module_parameter_registration_hook,
)

from course_utils.basics.checks import BAD_CONTENT, CourseError, check_range
from course_utils.basics.files import check_writable
from course_utils.basics.paths import shipped_data_dir
from course_utils.recipes.config_kinds import check_kinds
from course_utils.training.checkpoint import as_saved, load_state, save_state

MODEL_FILE = "model.safetensors"
TRAINING_FILE = "training.safetensors"
RUNS = Path("runs")

MAX_PAUSE_S = 86_400  # a day

Network = TypeVar("Network", bound=nn.Module)
Rules = TypeVar("Rules")


@dataclass(frozen=True)
class Run:
    """Paths of one training, and its two files.

    Parameters
    ----------
    folder : Path
        Made by `open_run`.
    kind : str
        Which model it is, such as `lstm`.
    resume : bool
        Whether an earlier training in the folder is gone on with.
    """

    folder: Path
    kind: str
    resume: bool

    @property
    def model_file(self) -> Path:
        """The best model so far: enough to compose."""
        return self.folder / MODEL_FILE

    @property
    def training_file(self) -> Path:
        """Everything needed to go on training."""
        return self.folder / TRAINING_FILE

    def save_model(self, state: dict) -> None:
        """Write the model with its config and figures."""
        save_state(self.model_file, {"kind": self.kind} | state)

    def save_training(self, state: dict) -> None:
        """Write the whole training."""
        save_state(self.training_file, {"kind": self.kind} | state)

    def load_training(self, about: dict) -> dict | None:
        """Return the saved training, or None where there is none.

        Raises
        ------
        CourseError
            If it was another kind, preset, seed or data set.
        """
        if not (self.resume and self.training_file.is_file()):
            return None
        saved = load_state(self.training_file)
        about = as_saved(about)
        if saved.get("kind") != self.kind or saved.get("about") != about:
            raise CourseError(
                f"a training of {self.kind} with {about} in {self.folder}",
                f"{saved.get('kind')} with {saved.get('about')}",
                "resume with the same words, or choose another --out",
            )
        return saved


def open_run(folder: Path | str, kind: str, resume: bool) -> Run:
    """Return the run of a folder; an earlier one is never overwritten.

    Raises
    ------
    CourseError
        If the folder cannot be written, or holds a training and `resume` is
        False.
    """
    run = Run(Path(folder), kind, resume)
    check_writable(run.folder)
    if run.training_file.exists() and not resume:
        raise CourseError(
            f"a folder without a training at {folder}",
            "an earlier training",
            "add --resume to go on with it, or choose another --out",
        )
    return run


def saved_every(rules: Rules, seconds: float | None) -> Rules:
    """Return the rules of a training with other pauses between its saves.

    Parameters
    ----------
    rules : dataclass
        With a field `save_every_s`.
    seconds : float or None
        None leaves them as they are; 0 saves after each step.
    """
    if seconds is None:
        return rules
    check_range("seconds between two saves", seconds, 0, MAX_PAUSE_S)
    return replace(rules, save_every_s=seconds)


def load_model_state(checkpoint: Path | str | None, kind: str) -> dict:
    """Read a playable model, with `checkpoint` saying where it lies.

    Parameters
    ----------
    checkpoint : Path, str or None
        A model file or its folder; None: see `newest_model`.
    kind : str
        Which model it must be.

    Raises
    ------
    CourseError
        If there is none, or it is another kind of model.
    """
    path = model_path(checkpoint, kind)
    state = load_state(path)
    if state.get("kind") != kind:
        raise CourseError(
            f"a checkpoint of model {kind} in {path}",
            f"one of {state.get('kind')}",
            "choose the folder that the training of this model wrote",
        )
    return state | {"checkpoint": str(path)}


def model_path(checkpoint: Path | str | None, kind: str) -> Path:
    """Return the file of a model: the one named, or see `newest_model`."""
    path = Path(checkpoint) if checkpoint else newest_model(kind)
    return path / MODEL_FILE if path.is_dir() else path


def filled(new: Callable[[], Network], state: dict) -> Network:
    """Return a network with the weights of a checkpoint.

    A checkpoint of unknown hands may ask for any sizes. Each weight is
    compared with those of the file before memory is filled for it.

    Parameters
    ----------
    new : callable
        Makes the network that the checkpoint describes.
    state : dict
        From `load_model_state`.

    Raises
    ------
    CourseError
        If sizes are missing or impossible, or the weights are others.
    """
    try:
        weights = state["weights"]
        shapes = {tuple(weight.shape) for weight in weights.values()}
        with _only(shapes):
            network = new()
        check_kinds(network.config)
        network.load_state_dict(weights)
    except (*BAD_CONTENT, RuntimeError) as error:
        raise CourseError(
            f"a whole checkpoint in {state['checkpoint']}",
            f"one that does not fit this version ({error})",
            "train again, or take the version that it was made with",
        ) from error
    return network


@contextmanager
def _only(shapes: set[tuple[int, ...]]) -> Iterator[None]:
    """Refuse to make a weight of another shape than these."""

    def check(module: nn.Module, name: str, weight: nn.Parameter) -> None:
        if tuple(weight.shape) not in shapes:
            what = f"{type(module).__name__}.{name}"
            raise ValueError(f"no {what} of shape {tuple(weight.shape)}")

    hook = register_module_parameter_registration_hook(check)
    try:
        yield
    finally:
        hook.remove()


def newest_model(kind: str) -> Path:
    """Return the newest model of a kind in `runs/`, else the shipped one.

    A training of preset `smoke` is a test, not a model: it is taken only
    where nothing else is there.

    Raises
    ------
    CourseError
        If there is neither.
    """
    own = sorted(
        RUNS.glob(f"{kind}-*/{MODEL_FILE}"), key=lambda p: p.stat().st_mtime
    )
    better = [path for path in own if path.parent.name != f"{kind}-smoke"]
    shipped = sorted(
        (shipped_data_dir() / "checkpoints").glob(f"{kind}*/{MODEL_FILE}")
    )
    if not own and not shipped:
        raise CourseError(
            f"a trained {kind} in {RUNS}/ or a --checkpoint",
            "none",
            f"train one first: course train {kind.split('-')[0]} "
            "--preset smoke",
        )
    return (better or shipped[:1] or own)[-1]
