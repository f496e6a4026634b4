"""Train the judge of generated notes on the real ones, and load it again.

The notes of the training split are varied a little each time they are heard
(`recipes/note_variation.py`), so that the judge learns what stays the same
about a pitch and a timbre. The held-out notes are heard as they are.

Taught in: notebooks/23_gansynth_training.ipynb
"""

import time
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from types import MappingProxyType

import torch
from torch import Tensor
from torch.nn import functional as F
from tqdm.auto import tqdm

from course_utils.basics.checks import check_range
from course_utils.basics.files import atomic_file, check_writable
from course_utils.basics.presets import check_preset
from course_utils.basics.runtime import torch_rng
from course_utils.data.note_set import NoteSet
from course_utils.models.classifier import ClassifierConfig, NoteClassifier
from course_utils.models.initialise import init_weights
from course_utils.recipes.gansynth_notes import NOTES, note_sets
from course_utils.recipes.note_variation import Variation, vary_notes
from course_utils.recipes.runs import Run, filled, load_model_state

KIND = "note_judge"
CARD_FILE = "README.md"
MAX_STEPS = 10**7
MAX_FFT = 2**14  # samples; beyond it a checkpoint is damaged
CARD = """# Judge of notes

Hears pitch and timbre of one note from its waveform ({n_samples} samples at
{sample_rate} Hz). It scores generated notes; it is no general transcriber.

- **Hears:** {n_pitches} pitches, MIDI {low} to {high}. Level does not matter.
- **Trained on:** data `{data}`, {n_train} notes, split by note: all
  instruments were heard, at other pitches. Notes were varied in onset, pitch
  (by resampling), roughness and noise.
- **Training:** preset {preset}, seed {seed}, {steps} steps, {seconds} s on a
  CPU; {n_parameters} weights.
- **Licence:** the data named `notes` is rendered from `TimGM6mb.sf2` (by Tim
  Brechbill), which Debian distributes under the GPL, version 2. Whether
  weights trained on such sounds are bound by it is a question that we do not
  answer; see `data/README.md`.

| {n_held_out} held-out notes | heard right |
|---|---|
| pitch | {pitch_accuracy} |
| timbre | {timbre_accuracy} |
"""


@dataclass(frozen=True)
class JudgeRecipe:
    """How one preset trains its judge. Plain numbers are counts."""

    batch_size: int = 32  # B
    n_steps: int = 2000
    learning_rate: float = 3e-3  # the highest of the cycle
    weight_decay: float = 0.01
    n_fft: int = 2048  # samples
    hop_length: int = 512  # samples
    variation: Variation = Variation()  # noqa: RUF009 - frozen


RECIPES = MappingProxyType(
    {
        "smoke": JudgeRecipe(batch_size=16, n_steps=300),
        "cpu": JudgeRecipe(),
        "colab": JudgeRecipe(n_steps=6000, n_fft=4096),
        "paper": JudgeRecipe(n_steps=12_000, n_fft=4096),
    }
)


def train_judge(
    preset: str,
    out: Path | str,
    seed: int = 0,
    *,
    data: str = "notes",
    notes: dict[str, NoteSet] | None = None,
    n_steps: int | None = None,
) -> dict[str, object]:
    """Train a judge and leave `model.safetensors` and its card in a folder.

    Parameters
    ----------
    preset : str
        One of the four presets; sets the notes and the training.
    out : Path or str
        The folder; an earlier judge in it is replaced at the last moment.
    seed : int
        First weights, order and variation of the notes follow from it.
    data : str
        See `note_sets`.
    notes : dict, optional
        "train" and "validation" -> `NoteSet`, instead of `data`.
    n_steps : int, optional
        Instead of the preset's.

    Returns
    -------
    dict
        `checkpoint`, `steps`, `seconds`, `n_parameters`, `n_train`,
        `n_held_out`, and on the held-out notes `pitch_accuracy`,
        `timbre_accuracy` and `timbres` (name -> share heard right).

    Raises
    ------
    CourseError
        If the preset or data is unknown, or `out` cannot be written.

    Taught in: notebooks/23_gansynth_training.ipynb
    """
    recipe = RECIPES[check_preset(preset)]
    n_steps = recipe.n_steps if n_steps is None else n_steps
    check_range("steps", n_steps, 2, MAX_STEPS)
    run = Run(Path(out), KIND, resume=False)
    check_writable(run.folder)
    notes = notes or note_sets(preset, data)
    judge = new_judge(preset, notes["train"], seed)
    began = time.monotonic()
    fit_judge(judge, notes["train"], recipe, n_steps, seed)
    figures = {
        "steps": n_steps,
        "seconds": round(time.monotonic() - began, 1),
        "n_parameters": sum(w.numel() for w in judge.parameters()),
        "n_train": len(notes["train"]),
    } | held_out_figures(judge, notes["validation"])
    about = {"preset": preset, "seed": seed, "data": data}
    _save(run, judge, about, figures)
    return {"checkpoint": str(run.model_file)} | figures


def _save(run: Run, judge: NoteClassifier, about: dict, figures: dict) -> None:
    """Write the judge and its card."""
    state = {"config": asdict(judge.config), "weights": judge.state_dict()}
    run.save_model(about | figures | state)
    with atomic_file(run.folder / CARD_FILE) as part:
        part.write_text(model_card(judge, about, figures), encoding="utf-8")


def load_judge(checkpoint: Path | str | None = None) -> NoteClassifier:
    """Read a judge; without a path the newest own one, else the shipped one.

    Raises
    ------
    CourseError
        If there is none, or the file is something else.

    Taught in: notebooks/23_gansynth_training.ipynb
    """
    state = load_model_state(checkpoint, KIND)
    judge = filled(lambda: NoteClassifier(_config_of(state)), state)
    return judge.eval()


def _config_of(state: dict) -> ClassifierConfig:
    """Return the sizes that a checkpoint names, as far as they are known."""
    known = {field.name for field in fields(ClassifierConfig)}
    config = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in state["config"].items()
        if name in known
    }
    check_range("n_fft", config.get("n_fft", 4), 4, MAX_FFT, "samples")
    return ClassifierConfig(**config)


def new_judge(preset: str, train: NoteSet, seed: int) -> NoteClassifier:
    """Return a judge for these notes with its first weights.

    Its pitches are the preset's, if all notes are among them, else those
    that occur.
    """
    found = set(train.pitches.tolist())
    wanted = NOTES[preset].pitches
    pitches = wanted if found <= set(wanted) else tuple(sorted(found))
    recipe = RECIPES[preset]
    config = ClassifierConfig(
        pitches=pitches,
        timbres=train.timbre_names,
        n_samples=train.waveforms.shape[1],
        n_fft=recipe.n_fft,
        hop_length=recipe.hop_length,
    )
    judge = NoteClassifier(config)
    init_weights(judge, torch_rng(seed))
    return judge


def fit_judge(
    judge: NoteClassifier,
    train: NoteSet,
    recipe: JudgeRecipe,
    n_steps: int,
    seed: int,
) -> list[float]:
    """Train in place, and return the loss of each step in nats.

    The loss is the cross-entropy of pitch and of timbre, added. The rate
    rises and falls once (Smith and Topin, 2019, arXiv:1708.07120).
    """
    rng = torch_rng(seed + 1)
    optimizer = torch.optim.AdamW(
        judge.parameters(),
        recipe.learning_rate,
        weight_decay=recipe.weight_decay,
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, recipe.learning_rate, total_steps=n_steps
    )
    losses = []
    judge.train()
    for _ in tqdm(range(n_steps), desc="training the judge"):
        loss = _loss(judge, train, recipe, rng)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        losses.append(loss.item())
    judge.eval()
    return losses


def _loss(
    judge: NoteClassifier,
    train: NoteSet,
    recipe: JudgeRecipe,
    rng: torch.Generator,
) -> Tensor:
    """Let the judge hear a batch of varied notes; return its loss."""
    places = torch.randint(len(train), (recipe.batch_size,), generator=rng)
    known = judge.config.pitches
    waveforms, pitches = vary_notes(
        train.waveforms[places],
        train.pitches[places],
        known,
        recipe.variation,
        rng,
    )
    heard = judge(waveforms)
    pitch = F.cross_entropy(heard.pitch, pitch_places(pitches, known))
    return pitch + F.cross_entropy(heard.timbre, train.timbres[places])


def held_out_figures(judge: NoteClassifier, held_out: NoteSet) -> dict:
    """Return the shares of notes that the judge hears right.

    Returns
    -------
    dict
        `pitch_accuracy`, `timbre_accuracy`, `timbres` (name -> share of its
        notes), `n_held_out`.
    """
    heard = judge.hear(held_out.waveforms)
    wanted = pitch_places(held_out.pitches, judge.config.pitches)
    right = (heard.timbre.argmax(dim=1) == held_out.timbres).float()
    return {
        "n_held_out": len(held_out),
        "pitch_accuracy": _share(heard.pitch.argmax(dim=1) == wanted),
        "timbre_accuracy": _share(right),
        "timbres": {
            name: _share(right[held_out.timbres == place])
            for place, name in enumerate(held_out.timbre_names)
            if (held_out.timbres == place).any()
        },
    }


def pitch_places(pitches: Tensor, known: tuple[int, ...]) -> Tensor:
    """Return the place of each MIDI pitch among the known ones, (M,)."""
    table = torch.full((128,), -1)
    table[torch.tensor(known)] = torch.arange(len(known))
    return table[pitches]


def _share(right: Tensor) -> float:
    """Return the mean of ones and zeros, rounded for a table."""
    return round(right.float().mean().item(), 4)


def model_card(judge: NoteClassifier, about: dict, figures: dict) -> str:
    """Return the text that lies beside the weights."""
    config = judge.config
    sizes = asdict(config) | {
        "n_pitches": len(config.pitches),
        "low": min(config.pitches),
        "high": max(config.pitches),
    }
    rows = [f"| {name} | {v} |\n" for name, v in figures["timbres"].items()]
    return CARD.format_map({**sizes, **about, **figures}) + "".join(rows)
