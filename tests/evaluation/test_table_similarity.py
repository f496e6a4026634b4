import importlib.util
import json
import math
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import pearsonr, spearmanr

from course_utils.basics.checks import CourseError
from course_utils.evaluation import table_similarity
from course_utils.evaluation.table_similarity import (
    basic_statistics,
    column_correlation,
    correlation_correlation,
    jensen_shannon_distance,
    pca_correlation,
    similarity,
    similarity_score,
)
from course_utils.evaluation.tabular import ks_statistic

REFERENCE = Path(__file__).parent / "reference"
SCRIPT = REFERENCE / "make_table_evaluator_figures.py"
FIGURES = json.loads((REFERENCE / "table_evaluator_figures.json").read_text())
PAIRS = tuple(FIGURES["figures"])
# Rows are drawn in another order there, so sums round otherwise; the largest
# difference found was 4e-15, and 3e-13 in the features of the sound.
PARITY_RTOL = 1e-9


@pytest.fixture(scope="module")
def tables():
    spec = importlib.util.spec_from_file_location("make_figures", SCRIPT)
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    return script.tables()


def test_the_figures_are_those_of_the_version_we_name():
    assert FIGURES["made_with"] == "table-evaluator 1.9.0"
    assert "1.9.0" in table_similarity.__doc__


@pytest.mark.parametrize("name", PAIRS)
def test_every_part_equals_table_evaluators(tables, name):
    theirs = FIGURES["figures"][name]
    for part, value in similarity(*tables[name]).items():
        assert value == pytest.approx(theirs[part], rel=PARITY_RTOL), part


@pytest.mark.parametrize("name", PAIRS)
def test_the_distances_of_each_column_equal_table_evaluators(tables, name):
    theirs = FIGURES["figures"][name]
    columns = list(zip(*(table.T for table in tables[name]), strict=True))
    shannon = [jensen_shannon_distance(*c, outside=False) for c in columns]
    assert shannon == pytest.approx(theirs["jensen_shannon"], rel=PARITY_RTOL)
    gaps = [ks_statistic(*column) for column in columns]
    assert gaps == pytest.approx(theirs["ks"], rel=PARITY_RTOL)


@pytest.mark.parametrize("name", PAIRS)
def test_the_score_equals_theirs_if_it_has_their_parts(tables, name):
    theirs = dict(FIGURES["figures"][name]["overview"])
    score = theirs.pop("Similarity Score")
    ours = similarity(*tables[name])
    del ours["pca_correlation"]
    ours["estimators"] = theirs["Correlation RMSE"]
    assert similarity_score(ours) == pytest.approx(score, rel=PARITY_RTOL)


def test_equal_tables_score_one(np_rng):
    table = np_rng.normal(size=(40, 4)) @ np_rng.normal(size=(4, 4))
    parts = similarity(table, table)
    assert parts.values() == pytest.approx([1.0] * 4)
    assert similarity_score(parts) == pytest.approx(1)


def test_no_part_sees_the_order_of_the_rows(np_rng):
    table = np_rng.normal(size=(40, 4)) @ np_rng.normal(size=(4, 4))
    parts = similarity(table, np_rng.permutation(table))
    assert parts.values() == pytest.approx([1.0] * 4)


def test_columns_shuffled_apart_lose_only_what_ties_them(np_rng):
    first = np_rng.normal(size=(500, 4)) @ np_rng.normal(size=(4, 4))
    apart = np.stack([np_rng.permutation(c) for c in first.T], axis=1)
    parts = similarity(first, apart)
    assert parts["basic_statistics"] == pytest.approx(1)
    assert parts["column_correlation"] == pytest.approx(1)
    assert parts["correlation_correlation"] < 0.9
    assert parts["pca_correlation"] < 0.9


def test_basic_statistics_by_hand():
    real = np.array([[0.0, 10.0], [1.0, 20.0], [5.0, 60.0]])
    other = np.array([[0.0, 1.0], [1.0, 2.0], [5.0, 9.0]])
    sides = []
    for t in (real, other):
        sides.append(
            [
                *t.mean(0),
                *np.median(t, 0),
                *t.std(0, ddof=1),
                *t.var(0, ddof=1),
            ]
        )
    expected = spearmanr(*sides).statistic
    assert basic_statistics(real, other) == pytest.approx(expected)


def test_basic_statistics_are_fooled_by_units(np_rng):
    units = 10.0 ** np.arange(6)
    real = units * np_rng.gamma(2, size=(100, 6))
    noise = units * np_rng.normal(1, 5, size=(100, 6))
    assert basic_statistics(real, noise) > 0.9


def test_correlations_that_turn_round_score_minus_one(np_rng):
    mixing = np.array([[1, 0.9, 0.1], [0, 1, 0.5], [0, 0, 1]])
    table = np_rng.normal(size=(200, 3)) @ mixing
    found = np.corrcoef(table, rowvar=False)[np.triu_indices(3, 1)]
    mirrored = table * [1, -1, 1]
    expected = pearsonr(found, found * [-1, 1, -1]).statistic
    assert correlation_correlation(table, mirrored) == pytest.approx(expected)


@pytest.mark.parametrize("n_columns", [1, 2])
def test_few_columns_have_no_correlation_correlation(np_rng, n_columns):
    pair = np_rng.normal(size=(2, 30, n_columns))
    parts = similarity(*pair)
    assert math.isnan(parts.pop("correlation_correlation"))
    assert similarity_score(parts) == np.mean(list(parts.values()))


def test_a_column_that_never_changes_is_left_out(np_rng):
    pair = np_rng.normal(size=(2, 30, 4))
    with_constant = [np.c_[t, np.full(30, 0.1)] for t in pair]
    for part in (correlation_correlation, column_correlation):
        assert part(*with_constant) == part(*pair)


def test_tables_that_never_change_have_no_score():
    parts = similarity(np.ones((4, 2)), np.ones((5, 2)))
    assert math.isnan(parts["column_correlation"])
    assert math.isnan(parts["pca_correlation"])
    assert math.isnan(similarity_score({"a": math.nan}))


def test_column_correlation_forgets_order_level_and_gain(np_rng):
    column = np_rng.gamma(2, size=300)
    other = np_rng.permutation(3 * column + 7)
    assert column_correlation(column, other) == pytest.approx(1)


def test_column_correlation_of_a_hand_made_example():
    real, other = np.array([3, 1, 2]), np.array([0, 4, 0])
    expected = pearsonr([1, 2, 3], [0, 0, 4]).statistic
    assert column_correlation(real, other) == pytest.approx(expected)


def test_column_correlation_takes_tables_of_other_lengths(np_rng):
    long = np_rng.normal(size=20_001)
    assert column_correlation(long, long[::200]) > 0.95
    # 0, 1, ..., 8 read at five places is 0, 2, ..., 8
    line = np.arange(9.0)
    assert column_correlation(line, line[::2]) == pytest.approx(1)


def test_pca_of_a_table_three_times_as_wide():
    # variances 9 times the real ones: an error of 8, and 1 - 8 = -7
    real = np.random.default_rng(0).normal(size=(50, 3))
    assert pca_correlation(real, 3 * real) == pytest.approx(-7)


def test_pca_compares_five_directions_at_most(np_rng):
    real = np_rng.normal(size=(100, 7)) * [50, 40, 30, 20, 10, 1e-3, 1e-3]
    other = real * [1, 1, 1, 1, 1, 100, 100]
    assert pca_correlation(real, other) == pytest.approx(1, abs=1e-4)


def test_pca_of_a_flat_real_table_means_nothing(np_rng):
    line = np.arange(10.0)
    flat = np.stack([line, 2 * line], axis=1)
    assert math.isnan(pca_correlation(flat, np_rng.normal(size=(10, 2))))


def test_jensen_shannon_of_equal_and_of_disjoint_values(np_rng):
    values = np_rng.normal(size=100)
    assert jensen_shannon_distance(values, values) == 0
    far = jensen_shannon_distance(values, values + 100)
    assert far == pytest.approx(math.sqrt(math.log(2)))


def test_jensen_shannon_by_hand():
    # bins (0, 1] and (1, 2]: shares 1/2, 1/2 against 1/4, 3/4
    real, other = np.array([0.0, 2.0]), np.array([0.5, 1.5, 1.5, 2.0])
    p, q = np.array([0.5, 0.5]), np.array([0.25, 0.75])
    m = (p + q) / 2
    divergence = (np.sum(p * np.log(p / m)) + np.sum(q * np.log(q / m))) / 2
    found = jensen_shannon_distance(real, other, n_bins=2)
    assert found == pytest.approx(math.sqrt(divergence))


def test_what_lies_outside_counts_unless_it_is_forgotten(np_rng):
    real = np_rng.uniform(size=1000)
    other = np.r_[real, real + 5]
    assert jensen_shannon_distance(real, other, outside=False) == 0
    assert jensen_shannon_distance(real, other) > 0.4
    gone = jensen_shannon_distance(real, real + 5, outside=False)
    assert math.isnan(gone)


def test_jensen_shannon_of_one_value_that_never_changes():
    assert jensen_shannon_distance(np.ones(5), np.ones(9)) == 0
    assert jensen_shannon_distance(np.zeros(5), np.ones(9)) > 0.8


@pytest.mark.parametrize(
    "pair",
    [
        (np.ones((3, 2)), np.ones((3, 4))),
        (np.ones((1, 2)), np.ones((3, 2))),
    ],
)
def test_tables_that_do_not_fit_are_refused(pair):
    with pytest.raises(CourseError, match="two tables with the same columns"):
        basic_statistics(*pair)


def test_no_bins_are_refused():
    with pytest.raises(CourseError, match="n_bins"):
        jensen_shannon_distance(np.arange(3), np.arange(3), 0)
