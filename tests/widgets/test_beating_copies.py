import math
from dataclasses import replace

import numpy as np
import pytest

from course_utils.basics.checks import CourseError
from course_utils.spectral.precession import steady_share_lost
from course_utils.widgets.beating_copies import (
    COPIES,
    DIALS,
    LEVEL,
    SAMPLE_RATE,
    Beating,
    plain,
)

FORMULA_ATOL = 0.02  # the closed form is for many cycles in a frame
EXACT = 1e-12  # float64


@pytest.mark.parametrize("copy", COPIES)
def test_where_whole_cycles_fit_every_copy_is_the_tone(copy):
    about = Beating(500.0, 128, 1.0, copy)
    made = about.made()
    assert (made - about.tone()[: len(made)]).abs().max() < EXACT
    assert about.advance == about.beats == 0
    assert "the phase stands still" in about.sentence()


def test_a_steady_copy_repeats_and_loses_what_the_formula_says():
    for n_frames in (13, 25, 62):
        about = Beating(503.0, 128, n_frames * 128 / SAMPLE_RATE, "steady")
        made = about.made().reshape(n_frames, 128)
        assert (made - made[0]).abs().max() == 0
        expected = steady_share_lost(about.advance, n_frames)
        assert about.share_lost() == pytest.approx(expected, abs=FORMULA_ATOL)


def test_one_piece_swells_as_often_as_the_formula_says():
    about = Beating(503.0, 128, 2.0, "one")
    level = about.made().reshape(-1, 128).square().mean(dim=1).numpy()
    swells = np.abs(np.fft.rfft(level - level.mean())).argmax()
    assert swells / 2.0 == about.beats == 6  # per second, 2 s of sound
    assert about.share_lost() == pytest.approx(0.5, abs=0.01)


def test_two_pieces_lose_nothing_and_the_first_frame_repeats():
    assert Beating(440.0, copy="two").share_lost() < EXACT
    first = Beating(440.0, copy="first")
    assert (first.made()[:128] == first.tone()[:128]).all()
    assert (first.made()[128:] == first.made()[:-128]).all()


def test_the_facts_have_units_and_name_the_turn():
    facts = Beating(440.0).facts()
    assert facts["Frames"] == "125 a second, 8 ms each"
    assert facts["Turn of the phase per frame"] == (
        "-0.48 of a whole turn, -172.8 degrees"
    )
    assert facts["Beats of one piece"] == "120 per second"


def test_every_copy_has_a_sentence_of_its_own():
    about = Beating(503.0)
    said = {replace(about, copy=copy).sentence() for copy in COPIES}
    assert len(said) == len(COPIES)
    assert "6 times a second" in about.sentence()


def test_the_level_is_that_of_the_course():
    assert 20 * math.log10(LEVEL / math.sqrt(2)) == pytest.approx(-20)


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [(6.0, 2, "6"), (-0.0001, 2, "0"), (-0.48, 3, "-0.48"), (600.0, 1, "600")],
)
def test_a_number_is_written_as_short_as_it_can(value, digits, text):
    assert plain(value, digits) == text


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ({"f_hz": DIALS["f_hz"].high + 1}, "f_hz from 200 to 1000"),
        ({"stride": 0}, "stride from 64"),
        ({"duration_s": 60.0}, "duration_s from 0.1"),
        ({"copy": "three"}, "copy to be one of"),
    ],
)
def test_what_cannot_be_set_is_refused(words, text):
    with pytest.raises(CourseError, match=text):
        Beating(**words)
