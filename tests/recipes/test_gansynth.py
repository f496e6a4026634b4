import random
from dataclasses import replace

import pytest
import soundfile
import torch

from course_utils.basics.checks import CourseError
from course_utils.data.note_set import NoteSet, NoteSetConfig
from course_utils.models.gansynth import GanSynthConfig
from course_utils.recipes import gansynth, runs
from course_utils.recipes.gansynth import train
from course_utils.recipes.gansynth_presets import GanRecipe
from course_utils.recipes.gansynth_session import N_SAMPLED, GanSession
from course_utils.recipes.note_variation import Variation
from course_utils.spectral.image import ImageConfig
from course_utils.training import gan_loop
from course_utils.training.checkpoint import load_state
from course_utils.training.gan_loop import GanPlan
from course_utils.training.gan_losses import NonSaturatingR1, WassersteinGp
from course_utils.training.gan_schedules import (
    CosineRestarts,
    MultiStep,
    Stage,
    growing_stages,
    place_at,
)

N = 256  # samples: 16 ms
BATCH = 4
N_STEPS = 12
N_IMAGES = BATCH * N_STEPS
SAVED_EVERY = 3  # steps
N_KILLS = 20


def tiny_recipe():
    """Return a training of two dozen steps that uses everything there is."""
    notes = NoteSetConfig(
        ("brass", "flute", "reed"), (58, 60, 62), n_samples=N, fade_s=0.002
    )
    image = ImageConfig(
        16_000, N, 32, 8, 32, phase="if_centred", log_offset=1e-3
    )
    model = GanSynthConfig(
        3, 3, (8, 6), (8, 16), n_latent=4, condition_scale=4.0, mean_frames=8
    )
    plan = GanPlan(
        (Stage(1, N_IMAGES, BATCH),),
        MultiStep(1e-3, (20, 40), warm_up=10),
        CosineRestarts(2e-3, 24, floor=5e-4),
        half_life=15,
        n_images=N_IMAGES,
        sample_every=12,
        save_every_s=0,
    )
    loss = NonSaturatingR1(penalty_every=4, class_weight=1.0)
    soiled = Variation(0, 0, 0.3, (-70, -30), (-6, 0), share=0.5)
    rules = {"soiled": soiled, "variety_weight": 1.0, "bfloat16": False}
    return GanRecipe(notes, image, model, loss, plan, **rules)


RECIPE = tiny_recipe()


def growing(recipe):
    """Return the paper's kind of training: three sizes, five stages."""
    model = replace(
        recipe.model, channels=(8, 6, 4), start=(4, 8), mean_frames=0
    )
    plan = replace(recipe.plan, stages=growing_stages(3, 12, (4, 4, 2)))
    return replace(
        recipe,
        model=model,
        plan=plan.until(72),
        loss=WassersteinGp(),
        hears=False,
        soiled=None,
        variety_weight=0.0,
        quiet_phase=False,
    )


def shortened(notes):
    return NoteSet(
        notes.waveforms[:, :N],
        notes.pitches,
        notes.timbres,
        notes.timbre_names,
        notes.names,
    )


@pytest.fixture(scope="module")
def short_tones(tones):
    return {split: shortened(notes) for split, notes in tones.items()}


@pytest.fixture(autouse=True)
def tones_instead_of_notes(short_tones, monkeypatch):
    monkeypatch.setattr(gansynth, "note_sets", lambda *words: short_tones)


@pytest.fixture(scope="module")
def whole(short_tones, tmp_path_factory):
    """Train once without any interruption."""
    folder = tmp_path_factory.mktemp("whole")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gansynth, "note_sets", lambda *words: short_tones)
        result = train("smoke", folder, recipe=RECIPE, seed=1)
    return folder, result


def leaves(tree, name=""):
    """Yield every value of a state but the clock's."""
    items = tree.items() if isinstance(tree, dict) else enumerate(tree)
    for key, value in items:
        if key == "seconds":
            continue
        if isinstance(value, (dict, list)):
            yield from leaves(value, f"{name}/{key}")
        else:
            yield f"{name}/{key}", value


def assert_same_training(first, second):
    for file in (runs.MODEL_FILE, runs.TRAINING_FILE):
        one = dict(leaves(load_state(first / file)))
        two = dict(leaves(load_state(second / file)))
        assert one.keys() == two.keys()
        assert any(isinstance(value, torch.Tensor) for value in one.values())
        for name, value in one.items():
            same = (
                torch.equal(value, two[name])
                if isinstance(value, torch.Tensor)
                else value == two[name]
            )
            assert same, f"{file}: {name}"


# --- what a training leaves -----------------------------------------------


def test_a_training_leaves_a_player_a_history_and_samples(whole):
    folder, result = whole
    assert result["steps"] == N_STEPS
    assert result["n_images"] == N_IMAGES
    assert result["images_per_s"] > 0
    model = load_state(folder / runs.MODEL_FILE)
    assert model["kind"] == "gansynth"
    assert model["pitches"] == [58, 60, 62]
    assert model["n_images"] == N_IMAGES
    rows = (folder / "history.csv").read_text().splitlines()
    assert len(rows) == N_STEPS + 1
    wavs = sorted((folder / "samples").glob("*.wav"))
    assert [int(path.stem) for path in wavs] == [12, 24, 36, 48]
    sound, rate = soundfile.read(wavs[-1])
    assert (len(sound), rate) == (16 * N, 16_000)


def test_every_sample_is_drawn_and_scored_if_asked(tmp_path):
    drawn, scored = [], []
    train(
        "smoke",
        tmp_path,
        recipe=RECIPE,
        n_images=24,
        draw=lambda sample, path: drawn.append(path.name),
        score=lambda sample: scored.append(sample) or {"grade": 7.0},
    )
    assert drawn == ["000000012.png", "000000024.png"]
    assert scored[0].images.shape == (N_SAMPLED, 2, 16, 32)
    assert scored[0].waveforms.shape == (N_SAMPLED, N)
    assert "grade" in (tmp_path / "history.csv").read_text()


def test_one_seed_gives_one_training_and_another_seed_another(whole, tmp_path):
    train("smoke", tmp_path / "same", recipe=RECIPE, seed=1)
    assert_same_training(whole[0], tmp_path / "same")
    train("smoke", tmp_path / "other", recipe=RECIPE, seed=2)
    one, two = (
        load_state(folder / runs.MODEL_FILE)["weights"]["blocks.0.conv.weight"]
        for folder in (whole[0], tmp_path / "other")
    )
    assert not torch.equal(one, two)


# --- killed and gone on with ----------------------------------------------


class Killed(BaseException):
    """What no code can catch by mistake: the process is gone."""


KILL_PLACES = (
    (gan_loop, "discriminator_step"),
    (gan_loop, "generator_step"),
    (gan_loop, "average_step"),
    (GanSession, "real_batch"),
    (GanSession, "save"),
    (runs.Run, "save_model"),
    (runs.Run, "save_training"),
    (GanSession, "sample"),
)


def every_third_step(save):
    """Save less often, so that a kill loses steps."""

    def save_sometimes(session):
        step = session.progress.step
        if step % SAVED_EVERY == 0 or step == N_STEPS:
            save(session)

    return save_sometimes


def dying(function, call, afterwards):
    """Return a function that kills at one of its calls, before or after."""
    calls = iter(range(10**6))

    def until_then(*args, **kwargs):
        dies = next(calls) == call
        if dies and not afterwards:
            raise Killed
        result = function(*args, **kwargs)
        if dies:
            raise Killed
        return result

    return until_then


@pytest.mark.parametrize("kill", range(N_KILLS))
def test_a_killed_training_goes_on_as_if_nothing_had_been(
    whole, tmp_path, monkeypatch, kill
):
    dice = random.Random(kill)
    owner, name = KILL_PLACES[kill % len(KILL_PLACES)]
    rare = {"save_model": N_STEPS // SAVED_EVERY, "sample": 4}
    rare["save_training"] = rare["save_model"]
    call = dice.randrange(rare.get(name, N_STEPS))
    save = every_third_step(GanSession.save)
    monkeypatch.setattr(GanSession, "save", save)
    with monkeypatch.context() as patch:
        deadly = dying(getattr(owner, name), call, dice.random() < 0.5)
        patch.setattr(owner, name, deadly)
        with pytest.raises(Killed):
            train("smoke", tmp_path, recipe=RECIPE, seed=1)
    torch.manual_seed(kill)  # another process would not share this state
    train("smoke", tmp_path, recipe=RECIPE, seed=1, resume=True)
    assert_same_training(whole[0], tmp_path)
    assert not list(tmp_path.glob(".part-*"))


def test_a_training_may_be_prolonged(whole, tmp_path):
    train("smoke", tmp_path, recipe=RECIPE, seed=1, n_images=20)
    train("smoke", tmp_path, recipe=RECIPE, seed=1, resume=True)
    rows = [
        {k: v for k, v in row.items() if k != "seconds"}
        for row in load_state(tmp_path / runs.TRAINING_FILE)["history"]
    ]
    assert len(rows) == N_STEPS
    assert_same_training(whole[0], tmp_path)


def test_a_growing_training_goes_on_inside_its_stages(tmp_path):
    recipe = growing(RECIPE)
    train("smoke", tmp_path / "whole", recipe=recipe)
    for n_images in (10, 22, 50, 72):
        train(
            "smoke",
            tmp_path / "cut",
            recipe=recipe,
            n_images=n_images,
            resume=True,
        )
    one, two = (
        load_state(tmp_path / name / runs.MODEL_FILE)["weights"]
        for name in ("whole", "cut")
    )
    assert all(torch.equal(one[key], two[key]) for key in one)


# --- what is refused ------------------------------------------------------


def test_an_earlier_training_is_never_overwritten(whole):
    before = (whole[0] / runs.TRAINING_FILE).read_bytes()
    with pytest.raises(CourseError, match="an earlier training"):
        train("smoke", whole[0], recipe=RECIPE, seed=1)
    assert (whole[0] / runs.TRAINING_FILE).read_bytes() == before


@pytest.mark.parametrize(
    "words",
    [
        {"seed": 2, "recipe": RECIPE},
        {"seed": 1, "recipe": replace(RECIPE, soiled=None, hears=False)},
        {"seed": 1, "recipe": replace(RECIPE, loss=NonSaturatingR1(1.0))},
        {"seed": 1, "recipe": RECIPE, "data": "nsynth"},
    ],
    ids=["seed", "hears", "loss", "data"],
)
def test_another_training_cannot_be_gone_on_with(whole, words):
    with pytest.raises(CourseError, match="resume with the same words"):
        train("smoke", whole[0], resume=True, **words)


def test_a_broken_training_file_gives_one_clear_error(whole, tmp_path):
    good = (whole[0] / runs.TRAINING_FILE).read_bytes()
    (tmp_path / runs.TRAINING_FILE).write_bytes(good[: len(good) // 2])
    with pytest.raises(CourseError, match="cannot be read"):
        train("smoke", tmp_path, recipe=RECIPE, seed=1, resume=True)


@pytest.mark.parametrize("n_images", [0, -3])
def test_an_impossible_number_of_images_is_refused(tmp_path, n_images):
    with pytest.raises(CourseError, match="images from 1"):
        train("smoke", tmp_path, recipe=RECIPE, n_images=n_images)


@pytest.mark.parametrize("factor", [0, -1, 1e9, float("nan")])
def test_an_impossible_factor_of_the_rates_is_refused(tmp_path, factor):
    with pytest.raises(CourseError, match="factor of the learning rates"):
        train("smoke", tmp_path, recipe=RECIPE, rate_factor=factor)


def test_an_unknown_preset_is_refused(tmp_path):
    with pytest.raises(CourseError, match="preset"):
        train("huge", tmp_path)


def test_a_training_that_blows_up_names_step_and_cure(tmp_path):
    plan = replace(RECIPE.plan, save_every_s=1e9)
    wild = replace(RECIPE, plan=plan, loss=NonSaturatingR1(1e39))
    with pytest.raises(CourseError, match=r"at step \d+.*--resume and half"):
        train("smoke", tmp_path, recipe=wild)


def test_notes_are_soiled_only_where_they_are_heard():
    with pytest.raises(CourseError, match="soiled notes with hears"):
        replace(RECIPE, hears=False)
    assert replace(RECIPE, hears=False, soiled=None).soiled is None


def test_variety_is_asked_for_only_at_full_size():
    with pytest.raises(CourseError, match="variety_weight of 0"):
        replace(growing(RECIPE), variety_weight=1.0)


def test_real_notes_are_soiled_each_time_anew_and_by_the_seed(
    short_tones, tmp_path
):
    def looks(recipe):
        run = runs.open_run(tmp_path, "gansynth", resume=True)
        words = (short_tones["train"], run, {"seed": 3}, lambda sample: {})
        session = GanSession(recipe, *words)
        place = place_at(recipe.plan.stages, 0)
        start = session.places.place()
        first = session.real_batch(place).images
        session.places.seek(start)
        return first, session.real_batch(place).images

    first, second = looks(RECIPE)
    assert not torch.equal(first, second)
    assert torch.equal(first, looks(RECIPE)[0])
    clean, same = looks(replace(RECIPE, soiled=None))
    assert torch.equal(clean, same)


def test_a_calmer_rate_is_used_and_may_be_changed_on_the_way(tmp_path):
    train("smoke", tmp_path, recipe=RECIPE, n_images=12)
    result = train(
        "smoke",
        tmp_path,
        recipe=RECIPE,
        n_images=24,
        rate_factor=0.5,
        resume=True,
    )
    assert result["n_images"] == 24


# --- growing, as in the paper ---------------------------------------------


def test_a_growing_training_goes_through_all_its_stages(tmp_path):
    samples = []
    train(
        "smoke",
        tmp_path,
        recipe=growing(RECIPE),
        score=lambda sample: samples.append(sample) or {},
    )
    sizes = {tuple(s.images.shape[2:]): len(s.waveforms) for s in samples}
    assert sizes == {(4, 8): 0, (8, 16): 0, (16, 32): N_SAMPLED}
    history = load_state(tmp_path / runs.TRAINING_FILE)["history"]
    assert {row["stage"] for row in history} == {0, 1, 2, 3, 4}
    fading = [row["alpha"] for row in history if row["stage"] == 1]
    assert fading == sorted(fading)
    assert 0 <= fading[0] < fading[-1] < 1
    assert all(row["alpha"] == 1 for row in history if row["stage"] % 2 == 0)
    ends = {row["n_images"] for row in history if row["stage"] == 4}
    assert max(ends) == 72
