"""One small GAN of the table: trained, heard, and scored.

Axes: M notes, N samples.

Taught in: notebooks/23_gansynth_training.ipynb
"""

import datetime
import time
from pathlib import Path

import torch
from torch import Tensor

from course_utils.basics.runtime import package_version, torch_rng
from course_utils.data.note_set import NoteSet
from course_utils.evaluation.note_scores import log_spectra
from course_utils.evaluation.note_variety import variety_within
from course_utils.models.classifier import NoteClassifier
from course_utils.models.gan_2022 import (
    Discriminator2022,
    Generator2022,
    init_2022,
)
from course_utils.models.gansynth import Labels
from course_utils.recipes import runs
from course_utils.recipes.gansynth_session import GanSession, Sample
from course_utils.recipes.gansynth_trial_table import Trial
from course_utils.recipes.note_report import score_notes
from course_utils.training.gan_steps import GanNets

KIND = "gan_trial"
N_SCORED = 400  # notes
N_WATCHED = 200  # notes scored while a trial runs
N_PYIN = 40
N_POINTS = 60  # of each curve that is kept
CHUNK = 256  # images from one look at the clock to the next
BATCH = 50  # notes drawn at once
NOTE_SEED = 5
# Of each note of a clip: how far up the pitches, in twelfths, and its timbre.
CLIP = ((0, 0), (4, 1), (7, 2), (12, 3), (0, 0), (4, 1))


class Session2022(GanSession):
    """A training of the networks of 2022."""

    def _new_nets(self) -> GanNets:
        """Return untrained networks, all chance from the seed."""
        config = self.recipe.model
        generator = Generator2022(config)
        discriminator = Discriminator2022(config)
        init_2022(generator, self.rng)
        init_2022(discriminator, self.rng)
        average = Generator2022(config)
        average.load_state_dict(generator.state_dict())
        return GanNets(generator, discriminator, average)


def play_notes(session: GanSession, labels: Labels, seed: int) -> Tensor:
    """Return notes of the averaged generator as they are heard, (M, N)."""
    n_latent = session.recipe.model.n_latent
    z = torch.randn(len(labels), n_latent, generator=torch_rng(seed))
    parts = zip(
        *(part.split(BATCH) for part in (z, *labels)),
        strict=True,
    )
    with torch.no_grad():
        return torch.cat(
            [
                session.codec.unit_to_waveform(
                    session.nets.average(noise, Labels(pitch, timbre))
                )
                for noise, pitch, timbre in parts
            ]
        )


class Hearing:
    """Scores a session against real notes; the same notes each time."""

    def __init__(
        self, judge: NoteClassifier, notes: dict[str, NoteSet]
    ) -> None:
        self.judge = judge
        self.notes = notes

    def drawn(self, session: GanSession, n: int) -> tuple[NoteSet, Tensor]:
        """Return which notes were asked for, and what came, (n, N)."""
        train = self.notes["train"]
        rng = torch_rng(NOTE_SEED)
        chosen = torch.randint(len(train), (n,), generator=rng)
        labels = Labels(*(part[chosen] for part in session.labels))
        return train.take(chosen), play_notes(session, labels, NOTE_SEED)

    def glance(self, session: GanSession) -> dict[str, float]:
        """Return the two accuracies, for the curve of a training."""
        asked, waveforms = self.drawn(session, N_WATCHED)
        heard = self.judge.hear(waveforms)
        pitches = torch.tensor(self.judge.config.pitches)
        pitch = pitches[heard.pitch.argmax(dim=1)] == asked.pitches
        timbre = heard.timbre.argmax(dim=1) == asked.timbres
        return {
            "pitch_accuracy": pitch.float().mean().item(),
            "timbre_accuracy": timbre.float().mean().item(),
        }

    def scores(self, session: GanSession, n: int) -> dict[str, object]:
        """Return `score_notes`, and the variety of notes of one kind."""
        asked, waveforms = self.drawn(session, n)
        train, held_out = self.notes["train"], self.notes["validation"]
        report = score_notes(
            waveforms,
            asked.pitches,
            asked.timbres,
            self.judge,
            train,
            held_out,
            n_pyin=N_PYIN,
        )
        report["variety_db"] = _variety(asked, waveforms)
        report["real_variety_db"] = _variety(train, train.waveforms)
        report["minibatch_std"] = _std(session, waveforms)
        report["real_minibatch_std"] = _std(session, train.waveforms)
        return report


def _variety(notes: NoteSet, waveforms: Tensor) -> float:
    """Return the mean distance of notes of one pitch and timbre, in dB."""
    kinds = torch.stack([notes.pitches, notes.timbres], dim=1)
    return variety_within(log_spectra(waveforms), kinds.numpy())


def _std(session: GanSession, waveforms: Tensor) -> float:
    """Return the mean standard deviation of the images' log-magnitudes."""
    unit = session.codec.waveform_to_unit(waveforms)
    return unit[:, 0].std(dim=0, correction=0).mean().item()


def run_trial(
    name: str,
    trial: Trial,
    hearing: Hearing,
    work: Path,
    *,
    n_images: int,
    seconds: float | None = None,
    n_scored: int = N_SCORED,
    seed: int = 0,
) -> tuple[dict[str, object], Tensor]:
    """Train one trial and score it.

    Parameters
    ----------
    name : str
        Of the trial; also of its folder.
    trial : Trial
        What it changes.
    hearing : Hearing
        Judge and notes.
    work : Path
        Where the training lies, to go on from.
    n_images : int
        Real images to show, unless `seconds` is given.
    seconds : float, optional
        Time to train instead, of a processor.
    n_scored, seed : int
        Notes in the scores; first weights and all noise.

    Returns
    -------
    result : dict
        Plain values, for JSON.
    clip : Tensor, shape (6, N)
        Its notes as they came.
    """
    recipe = trial.recipe()
    kind = Session2022 if trial.nets_2022 else GanSession
    about = {"preset": "cpu", "seed": seed, "data": "notes", "trial": name}
    about["recipe"] = recipe.facts()
    session: GanSession
    began = time.process_time()

    def keep(sample: Sample) -> dict[str, float]:
        """Look at the session once it draws images of full size."""
        late = {
            "seconds": session.progress.seconds,
            "processor_seconds": time.process_time() - began,
        }
        heard = len(sample.waveforms) > 0
        return late | (hearing.glance(session) if heard else {})

    run = runs.open_run(work / name, KIND, resume=True)
    session = kind(recipe, hearing.notes["train"], run, about, keep)
    session.restore()
    _train(session, n_images, seconds)
    scores = hearing.scores(session, n_scored)
    result = _about(name, trial, session, seed) | {"scores": scores}
    return result | _history(session), _clip_notes(session)


def _train(session: GanSession, n_images: int, seconds: float | None) -> None:
    """Train for so many images, or for so many seconds of a processor.

    Other programs slow the clock's seconds down, but not the processor's.
    What a resumed training took before counts by the clock.
    """
    if seconds is None:
        session.fit(n_images)
        return
    spent = session.progress.seconds
    while spent < seconds:
        began = time.process_time()
        session.fit(session.progress.n_images + CHUNK)
        spent += time.process_time() - began


def _about(
    name: str, trial: Trial, session: GanSession, seed: int
) -> dict[str, object]:
    """Return what was done, and with what."""
    progress = session.progress
    return {
        "name": name,
        "title": trial.title,
        "line": trial.line(),
        "budget": "equal seconds" if trial.seconds else "equal images",
        "n_images": progress.n_images,
        "seconds": round(progress.seconds, 1),
        "images_per_s": round(progress.n_images / progress.seconds, 1),
        "seed": seed,
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "threads": torch.get_num_threads(),
        "versions": {
            package: package_version(package) for package in ("torch", "numpy")
        },
    }


def _history(session: GanSession) -> dict[str, object]:
    """Return the curves, thinned by averages, and the scores on the way."""
    rows = session.progress.history.rows
    width = -(-len(rows) // N_POINTS)
    names = ("real_score", "fake_score", "discriminator_loss")
    kept = ("n_images", *names, "generator_loss")
    blocks = [rows[i : i + width] for i in range(0, len(rows), width)]
    curves = {
        name: [sum(r[name] for r in block) / len(block) for block in blocks]
        for name in kept
    }
    accuracies = ("pitch_accuracy", "timbre_accuracy")
    watched = ("n_images", "seconds", "processor_seconds", *accuracies)
    on_the_way = [
        {name: row[name] for name in watched if name in row}
        for row in rows
        if "seconds" in row
    ]
    return {"history": curves, "samples": on_the_way}


def _clip_notes(session: GanSession) -> Tensor:
    """Return six notes; the last two ask again for the first two."""
    highest = len(session.recipe.notes.pitches) - 1
    n_timbres = len(session.recipe.notes.timbres)
    places = [(up * highest // 12, k % n_timbres) for up, k in CLIP]
    return play_notes(session, Labels(*torch.tensor(places).T), NOTE_SEED)
