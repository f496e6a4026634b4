import pytest

from course_utils.exercises import chapter_30, chapter_31
from course_utils.exercises.check import Wrong


def from_vlq(data):
    number = 0
    for count, byte in enumerate(data, start=1):
        number = number << 7 | byte & 0x7F
        if byte < 0x80:
            return number, count
    return None


def bar_and_beat(quarters, numerator, denominator):
    bar, beat = divmod(quarters * denominator / 4, numerator)
    return int(bar) + 1, int(beat) + 1


def restore(decoded, primer):
    copy = type(decoded)()
    copy.CopyFrom(decoded)
    for note in copy.notes:
        same = [n for n in primer.notes if n.pitch == note.pitch]
        gaps = [abs(n.start_time - note.start_time) for n in same]
        if same:
            note.velocity = same[gaps.index(min(gaps))].velocity
    return copy


def in_place(decoded, primer):
    decoded.CopyFrom(restore(decoded, primer))
    return decoded


def encode_step(struck, held):
    pitches = sorted(struck | held, reverse=True)
    return [(3 if p in struck else 131) + p for p in pitches] + [2]


RIGHT = [
    (chapter_30.read_quantity, from_vlq),
    (chapter_30.find_bar, bar_and_beat),
    (chapter_30.restore_velocities, restore),
    (chapter_31.velocity_level, lambda v: (v - 1) // 4 * 4 + 1),
    (chapter_31.one_step, encode_step),
    (chapter_31.unchanged, lambda g: (g[1:] == g[:-1]).mean()),
]
WRONG = [
    (chapter_30.read_quantity, lambda d: (d[0], 1), "begins with the number"),
    (chapter_30.find_bar, lambda q, n, d: (int(q // n) + 1, 1), "are bar"),
    (chapter_30.restore_velocities, lambda d, p: d, "should be"),
    (chapter_30.restore_velocities, in_place, "copy it first"),
    (chapter_31.velocity_level, lambda v: v, "comes back as"),
    (chapter_31.one_step, lambda s, h: [], "your function says"),
    (chapter_31.unchanged, lambda g: 0.5, "unchanged"),
]


@pytest.mark.parametrize(("judge", "answer"), RIGHT)
def test_a_right_answer_passes(judge, answer):
    assert judge(answer) is None


@pytest.mark.parametrize(("judge", "answer", "message"), WRONG)
def test_a_wrong_answer_is_told_what_is_wrong(judge, answer, message):
    with pytest.raises(Wrong, match=message):
        judge(answer)
