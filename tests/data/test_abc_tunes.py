import pytest

from course_utils.basics.checks import CourseError
from course_utils.data import abc_tunes
from course_utils.data.abc_tunes import (
    key_signature,
    read_tune,
    title_key,
    tune_to_sequence,
    tunes,
)

HEADER = "X:1\nT:The Test Reel\nM:{}\nL:1/8\nK:{}\n"


def understood(body, meter="4/4", key="C", n_times=8):
    """Read a body several times over, and return the notes of the first."""
    text = HEADER.format(meter, key) + "|" + "\n".join([body] * n_times)
    notes = tune_to_sequence(read_tune(text)).notes
    quarter_s = 60 / abc_tunes.QPM
    return [
        (n.pitch, round(n.start_time / quarter_s, 6),
         round((n.end_time - n.start_time) / quarter_s, 6))
        for n in notes[: len(notes) // n_times]
    ]  # fmt: skip


def test_letters_octaves_lengths_and_rests():
    assert understood("C, D E2 z c' d/ e/ g |") == [
        (48, 0, 0.5),
        (62, 0.5, 0.5),
        (64, 1, 1),
        (84, 2.5, 0.5),
        (74, 3, 0.25),
        (76, 3.25, 0.25),
        (79, 3.5, 0.5),
    ]


def test_accidentals_hold_to_the_bar_line_and_keys_everywhere():
    found = understood("^C D C =F F2 _B2 | C4 F4 |", key="G")
    pitches = [pitch for pitch, _, _ in found]
    assert pitches == [61, 62, 61, 65, 65, 70, 60, 66]


def test_broken_rhythm_and_triplets_fill_the_bar():
    found = understood("C>D E<F (3GAB c2 |")
    lengths = [length for _, _, length in found]
    third = round(1 / 3, 6)
    assert lengths == [0.75, 0.25, 0.25, 0.75, third, third, third, 1]


def test_ties_join_and_chords_sound_together():
    found = understood("C4- C2 [CEG]2 |")
    assert found == [(60, 0, 3), (60, 3, 1), (64, 3, 1), (67, 3, 1)]


def test_ornaments_words_and_repeat_signs_are_no_notes():
    body = '|: "Am" {ag} ~C2 .D2 !trill! E2 "^slow" vF2 :|'
    assert [p for p, _, _ in understood(body)] == [60, 62, 64, 65]


@pytest.mark.parametrize(
    ("key", "altered"),
    [
        ("C", {}),
        ("Am", {}),
        ("G", {"F": 1}),
        ("D mixolydian", {"F": 1}),
        ("Edor", {"F": 1, "C": 1}),
        ("Bb", {"B": -1, "E": -1}),
        ("F#m", {"F": 1, "C": 1, "G": 1}),
        ("none", {}),
    ],
)
def test_a_key_signature_comes_from_tonic_and_mode(key, altered):
    assert key_signature(key) == altered


@pytest.mark.parametrize(
    ("written", "meter"), [("C", (4, 4)), ("C|", (2, 2)), ("6/8", (6, 8))]
)
def test_the_meter_is_kept(written, meter):
    body = "CDE FGA |" if written == "6/8" else "CDEF GABc |"
    text = HEADER.format(written, "C") + "|" + body * 8
    (mark,) = tune_to_sequence(read_tune(text)).time_signatures
    assert (mark.numerator, mark.denominator) == meter


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (HEADER.format("4/4", "C") + "|" + "CDEF GAB |" * 8, "0% of the bars"),
        (HEADER.format("4/4", "C") + "|CDEF GABc |", "8 notes"),
        (HEADER.format("none", "C") + "CDEF GABc |" * 8, "one voice in one"),
        (
            HEADER.format("4/4", "C") + "CDEF GABc |[M:3/4] CDE |" * 8,
            "one voice in one",
        ),
        ("V:1\n" + HEADER.format("4/4", "C") + "CDEF |", "one voice in one"),
    ],
)
def test_what_is_not_understood_is_refused(text, message):
    with pytest.raises(CourseError, match=message):
        read_tune(text)


def test_titles_differ_by_more_than_common_words():
    assert title_key("T:The Acacia Reel\n") == title_key("T:Acacia -- Reel\n")
    assert title_key("T:Acacia\n") != title_key("T:Albemarle\n")


@pytest.fixture
def few_texts(monkeypatch):
    """Give tunes of two meters, three of each, which open alike."""
    bars = {"2/4": "CDEE|cdEE|", "3/4": "CDGAAA|cdGAAA|"}
    rows = {
        f"book/{meter}/{i}": HEADER.format(meter, "C") + "|" + bar * 9
        for meter, bar in bars.items()
        for i in range(3)
    }
    monkeypatch.setattr(abc_tunes, "_texts", lambda root: rows.items())
    return rows


def test_a_tune_that_opens_as_another_is_left_out(few_texts):
    found = tunes()
    assert [piece.name for piece in found] == ["book/2/4/0", "book/3/4/0"]
    assert len(found.skipped) == 4
    assert {piece.split for piece in found} <= {"train", "validation", "test"}
    assert len(tunes(n_each=0)) == 0


def test_without_the_books_one_is_told_so(monkeypatch):
    monkeypatch.setattr(abc_tunes, "_texts", lambda root: [])
    with pytest.raises(CourseError, match="install music21 again"):
        tunes()


def test_the_installed_corpus_can_be_understood():
    root = abc_tunes.Path(abc_tunes.corpus_module("corpus").__file__).parent
    path = root / "ryansMammoth" / "AcaciaReel.abc"
    tune = read_tune(path.read_text(encoding="utf-8"))
    assert tune.meter == (2, 4)
    assert tune.full_bars() == 14 / 17  # two upbeats, and the bar they fill
    assert tune.melody()[:6] == [62, 64, 66, 67, 67, 69]  # D E F sharp G G A


@pytest.mark.parametrize(
    "change", [("1/8", "1/0"), ("1/8", "x"), ("4/4", "4/0"), ("CDEF", "C9999")]
)
def test_a_damaged_tune_is_left_out_and_the_others_stay(monkeypatch, change):
    good = HEADER.format("4/4", "C") + "|" + "CDEFGABc|cBAGFEDC|" * 9
    rows = {"book/a/1": good.replace(*change), "book/b/1": good}
    monkeypatch.setattr(abc_tunes, "_texts", lambda root: rows.items())
    found = tunes()
    assert [piece.name for piece in found] == ["book/b/1"]
    assert [item.name for item in found.skipped] == ["book/a/1"]
