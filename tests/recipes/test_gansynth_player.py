import subprocess
import sys

import numpy as np
import pytest
import torch

from course_utils.basics.checks import CourseError
from course_utils.data.wav import read_wav
from course_utils.evaluation.note_scores import sound_defects
from course_utils.models.gansynth import Labels
from course_utils.recipes.gansynth_player import (
    GanPlayer,
    generate_note,
    generate_note_file,
    load_player,
)
from course_utils.training.checkpoint import load_state, save_state

SLOW = ("librosa", "note_seq", "music21", "sklearn", "scipy", "matplotlib")


@pytest.fixture(scope="module")
def player(gan_checkpoint):
    return load_player(gan_checkpoint)


def changed(gan_checkpoint, path, **changes):
    """Write a checkpoint with some entries replaced, or left out (None)."""
    state = load_state(gan_checkpoint) | changes
    state = {key: v for key, v in state.items() if v is not None}
    save_state(path, state)
    return path


def test_the_player_is_what_the_checkpoint_says(player, gan_checkpoint):
    assert player.pitches == tuple(range(60, 73))
    assert player.timbres == ("brass", "flute", "mallet")
    assert (player.sample_rate, player.n_samples) == (16_000, 4_000)
    assert player.n_latent == 16
    assert player.about["checkpoint"] == str(gan_checkpoint)
    assert not player.generator.training


def test_notes_are_clean(player, rng):
    pitches = [60 + i % 13 for i in range(40)]  # more than one batch
    got = player.notes(pitches, "flute", player.draw_z(40, rng))
    defects = sound_defects(got)
    assert got.shape == (40, 4_000)
    assert not any(
        defects[key] for key in ("not_finite", "clipped", "silent", "dc")
    )
    assert torch.allclose(got.abs().amax(dim=1), torch.full((40,), 0.5))
    assert got[:, -1].abs().max() < 1e-6


def test_pitch_and_timbre_reach_the_network_in_its_own_order(player, rng):
    seen = []

    class Spy(torch.nn.Module):
        config = player.generator.config

        def __init__(self):
            super().__init__()
            self.any = torch.nn.Parameter(torch.zeros(1))

        def forward(self, z, labels, strength):
            assert strength == 1.0
            seen.append(labels)
            return player.generator(z, labels)

    spied = GanPlayer(
        Spy(),
        player.codec,
        player.pitches,
        player.timbres,
        player.peak,
        player.about,
    )
    spied.notes([60, 72, 61], ["mallet", "brass", "flute"], torch.ones(3, 16))
    (labels,) = seen
    assert labels.pitch.tolist() == [0, 12, 1]
    assert labels.timbre.tolist() == [2, 0, 1]


def test_another_pitch_timbre_or_noise_gives_another_note(player, rng):
    z = player.draw_z(1, rng)
    notes = [
        player.notes([60], "brass", z),
        player.notes([61], "brass", z),
        player.notes([60], "flute", z),
        player.notes([60], "brass", player.draw_z(1, rng)),
    ]
    for i, one in enumerate(notes):
        for other in notes[:i]:
            assert (one - other).abs().max() > 1e-3


def test_a_note_does_not_depend_on_its_neighbours(player, rng):
    z = player.draw_z(35, rng)
    many = player.notes([64] * 35, "brass", z)
    alone = player.notes([64], "brass", z[33:34])
    assert torch.allclose(many[33:34], alone, atol=1e-4)


def test_no_notes_are_an_empty_batch(player):
    assert player.notes([], [], torch.zeros(0, 16)).shape == (0, 4_000)


def test_one_seed_gives_the_same_bytes(gan_checkpoint, tmp_path):
    paths = [tmp_path / name for name in ("a.wav", "b.wav", "c.wav")]
    for path, seed in zip(paths, (7, 7, 8), strict=True):
        generate_note_file(path, 66, "mallet", seed, gan_checkpoint)
    first, same, other = (path.read_bytes() for path in paths)
    assert first == same != other


def test_the_file_is_the_note_and_the_report_says_which(
    gan_checkpoint, tmp_path
):
    path = tmp_path / "x.wav"
    report = generate_note_file(path, 61, "flute", 2, gan_checkpoint)
    note = generate_note(gan_checkpoint, 61, "flute", 2)
    assert torch.allclose(read_wav(path, 16_000), note.waveform, atol=2e-5)
    assert report["name"] == "C#4"
    assert (report["pitch"], report["timbre"]) == (61, "flute")
    assert report["seconds"] == 0.25
    assert report["peak"] == pytest.approx(0.5)


def test_without_a_timbre_the_seed_draws_one(player):
    drawn = [generate_note(player, 60, seed=seed).timbre for seed in range(20)]
    assert set(drawn) == set(player.timbres)
    again = [generate_note(player, 60, seed=seed).timbre for seed in range(20)]
    assert drawn == again


def test_naming_the_drawn_timbre_gives_the_same_note(player):
    drawn = generate_note(player, 60, seed=5)
    named = generate_note(player, 60, drawn.timbre, seed=5)
    assert torch.equal(drawn.waveform, named.waveform)


@pytest.mark.parametrize("pitch", [59, 73, -1, 200])
def test_a_pitch_outside_names_the_range(player, pitch):
    with pytest.raises(CourseError, match=r"60 to 72 \(C4 to C5\)"):
        generate_note(player, pitch)


def test_an_unknown_timbre_lists_those_there_are(player):
    with pytest.raises(CourseError, match="brass, flute, mallet; got 'oboe'"):
        generate_note(player, 60, "oboe")


def test_a_seed_below_zero_is_refused(player):
    with pytest.raises(CourseError, match="seed"):
        generate_note(player, 60, seed=-1)


@pytest.mark.parametrize(
    ("timbres", "shape", "message"),
    [
        (["brass"], (2, 16), "2: one for each pitch"),
        ("brass", (1, 16), r"noise of shape \(2, 16\)"),
        ("brass", (2, 15), r"shape \(2, 15\)"),
        (None, (2, 16), "timbre"),
    ],
)
def test_lists_that_do_not_fit_are_refused(player, timbres, shape, message):
    with pytest.raises(CourseError, match=message):
        player.notes([60, 61], timbres, torch.zeros(shape))


def test_a_gan_without_timbres_needs_none(player, gan_checkpoint, tmp_path):
    state = load_state(gan_checkpoint)
    weights = dict(state["weights"])
    name = next(key for key in weights if "blocks.0.dense" in key)
    n_inputs = state["config"]["n_latent"] + state["config"]["n_pitches"]
    axis = weights[name].shape.index(n_inputs + 3)
    weights[name] = weights[name].narrow(axis, 0, n_inputs)
    path = changed(
        gan_checkpoint,
        tmp_path / "model.safetensors",
        weights=weights,
        timbres=[],
        config=state["config"] | {"n_timbres": 0},
    )
    note = generate_note(path, 60)
    assert note.timbre is None
    with pytest.raises(CourseError, match="no timbre at all"):
        generate_note(path, 60, "brass")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"kind": "lstm"}, "a checkpoint of model gansynth"),
        ({"image": None}, "does not fit this version .KeyError"),
        ({"weights": {}}, "no .* of shape"),
        ({"config": {"n_pitches": 13}}, "does not fit this version"),
        ({"timbres": [1, 2, 3]}, "a timbre of kind int"),
        ({"timbres": ["brass"]}, "number of timbres"),
        ({"pitches": ["C4"] * 13}, "pitch to be one of"),
        ({"pitches": [60.0] * 13}, "a pitch of kind float"),
        ({"peak": None}, "does not fit this version"),
    ],
)
def test_a_wrong_checkpoint_is_refused(
    gan_checkpoint, tmp_path, changes, message
):
    path = changed(gan_checkpoint, tmp_path / "model.safetensors", **changes)
    with pytest.raises(CourseError, match=message):
        load_player(path)


def test_a_rate_that_no_sound_has_is_refused(gan_checkpoint, tmp_path):
    image = load_state(gan_checkpoint)["image"] | {"sample_rate": 10**12}
    path = changed(gan_checkpoint, tmp_path / "model.safetensors", image=image)
    with pytest.raises(CourseError, match="sample rate"):
        load_player(path)


def test_a_missing_checkpoint_is_refused(tmp_path):
    with pytest.raises(CourseError, match="a checkpoint at"):
        load_player(tmp_path / "model.safetensors")


def test_a_note_needs_none_of_the_slow_packages(gan_checkpoint, tmp_path):
    code = (
        "import sys\n"
        "from course_utils.cli import main\n"
        f"main(['generate', 'gansynth', '--pitch', '60', '--checkpoint', "
        f"{str(gan_checkpoint)!r}, '--out', {str(tmp_path / 'x.wav')!r}])\n"
        f"print([name for name in {SLOW} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_labels_are_indices_of_the_networks_kind(player):
    labels = player._labels([60, 62], "flute")
    assert isinstance(labels, Labels)
    assert labels.pitch.dtype == torch.int64
    assert np.array_equal(labels.timbre, [1, 1])


def test_strength_is_passed_on_and_must_be_a_share(player, rng):
    assert player.strength == 1.0
    assert player.with_strength(0.25).strength == 0.25
    with pytest.raises(CourseError, match="strength"):
        player.with_strength(1.5)
    # This GAN has no mean pictures, so there is nothing to weigh.
    weaker = player.with_strength(0.5)
    with pytest.raises(CourseError, match="strength"):
        weaker.notes([60], "brass", torch.ones(1, 16))
