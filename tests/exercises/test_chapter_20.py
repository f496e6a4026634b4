import numpy as np
import pytest

from course_utils.data.qualities import levels_db
from course_utils.data.splits import hash_share
from course_utils.exercises import chapter_20
from course_utils.exercises.check import check


def right_name(instrument, pitch, velocity):
    return f"{instrument}-{pitch:03d}-{velocity:03d}"


def right_decay(waveform, sample_rate):
    levels = levels_db(waveform, sample_rate)
    return levels[14] < levels.max() - 30


def right_split(notes):
    sides = (hash_share(note.partition("-")[0]) < 0.2 for note in notes)
    return ["validation" if held else "train" for held in sides]


def test_the_right_answers_pass(capsys):
    check("20.1", right_name)
    check("20.2", right_decay)
    check("20.3", right_split)
    assert capsys.readouterr().out.count("correct") == 3


def test_the_empty_stubs_do_not_pass(capsys):
    check("20.1", lambda instrument, pitch, velocity: None)
    check("20.2", lambda waveform, sample_rate: None)
    check("20.3", lambda notes: None)
    assert "correct" not in capsys.readouterr().out


def test_a_name_without_zeros_is_explained():
    with pytest.raises(AssertionError, match="keyboard_acoustic_004-060-025"):
        chapter_20.note_name(lambda i, p, v: f"{i}-{p}-{v}")


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (lambda w, rate: False, "falls by 40 dB"),
        (lambda w, rate: True, "goes on at one level"),
        (lambda w, rate: np.abs(w[44_800:48_000]).max() < 0.02, "very quiet"),
    ],
)
def test_a_wrong_judge_of_decay_is_explained(answer, reason):
    with pytest.raises(AssertionError, match=reason):
        chapter_20.is_percussive(answer)


def by_note(notes):
    return ["validation" if hash_share(n) < 0.2 else "train" for n in notes]


def by_place(notes):
    names = list(dict.fromkeys(n.partition("-")[0] for n in notes))
    held = set(names[: len(names) // 5 or 1])
    return [
        "validation" if n.partition("-")[0] in held else "train" for n in notes
    ]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (by_note, "both sides"),
        (by_place, "changes with the order"),
        (lambda notes: ["train"] * len(notes), "use both"),
        (
            lambda notes: [
                "validation" if hash_share(n[:17]) < 0.5 else "train"
                for n in notes
            ],
            "hold out about 0.2",
        ),
    ],
)
def test_an_unfair_split_is_explained(answer, reason):
    with pytest.raises(AssertionError, match=reason):
        chapter_20.split_by_instrument(answer)
