import math

import pytest

from course_utils.exercises.chapter_23 import bin_z, diagnosis, variety
from course_utils.exercises.check import Wrong, check


def pairs_of(kinds):
    n = len(kinds)
    return [
        (i, j)
        for i in range(n)
        for j in range(i + 1, n)
        if kinds[i] == kinds[j]
    ]


def right_variety(rows, kinds):
    found = [math.dist(rows[i], rows[j]) for i, j in pairs_of(kinds)]
    return sum(found) / len(found)


def variety_with_itself(rows, kinds):
    found = [
        math.dist(a, b)
        for a, kind in zip(rows, kinds, strict=True)
        for b, other in zip(rows, kinds, strict=True)
        if kind == other
    ]
    return sum(found) / len(found)


def right_z(a, n, b, m):
    r = (a + b) / (n + m)
    return (b / m - a / n) / math.sqrt(r * (1 - r) * (1 / n + 1 / m))


def z_without_root(a, n, b, m):
    r = (a + b) / (n + m)
    return (b / m - a / n) / (r * (1 - r) * (1 / n + 1 / m))


def right_diagnosis(s):
    if s["is"] < 2:
        wins = s["real_score"] - s["fake_score"] > 5
        return "discriminator wins" if wins else "collapse over all"
    alike = s["variety_db"] < s["real_variety_db"] / 10
    if alike and s["pitch_accuracy"] > 3 * s["chance"]:
        return "one of each kind"
    return "no pitch" if s["pitch_accuracy"] < 2 * s["chance"] else "healthy"


def diagnosis_by_scores_alone(s):
    if s["real_score"] - s["fake_score"] > 5:
        return "discriminator wins"
    return right_diagnosis(s)


@pytest.mark.parametrize(
    ("judge", "answer"),
    [
        (variety, right_variety),
        (bin_z, right_z),
        (diagnosis, right_diagnosis),
    ],
)
def test_a_right_answer_passes(judge, answer):
    judge(answer)


@pytest.mark.parametrize(
    ("judge", "answer", "message"),
    [
        (
            variety,
            lambda rows, kinds: right_variety(rows, ["a"] * len(rows)),
            "only pairs of one kind",
        ),
        (variety, variety_with_itself, "no pair with itself"),
        (variety, lambda rows, kinds: 1.0, "expected 5, got 1"),
        (bin_z, lambda a, n, b, m: -right_z(a, n, b, m), "sign is wrong"),
        (bin_z, z_without_root, "square root"),
        (bin_z, lambda a, n, b, m: 0.0, "got 0.0000"),
        (diagnosis, lambda s: "healthy", "expected 'one of each kind'"),
        (diagnosis, diagnosis_by_scores_alone, "expected 'healthy'"),
        (
            diagnosis,
            lambda s: (
                "one of each kind"
                if s["variety_db"] < 0.9
                else right_diagnosis(s)
            ),
            "expected 'no pitch'",
        ),
    ],
)
def test_a_wrong_answer_is_told_why(judge, answer, message):
    with pytest.raises(Wrong, match=message):
        judge(answer)


@pytest.mark.parametrize("name", ["23.1", "23.2", "23.3"])
def test_an_untouched_stub_is_called_empty(name, capsys):
    check(name, lambda *words: None)
    assert "still empty" in capsys.readouterr().out
