import numpy as np
import pytest
import soundfile
from scipy.stats import ks_2samp

from course_utils.basics.checks import CourseError
from course_utils.basics.paths import real_data_dir
from course_utils.evaluation import tabular

# SciPy 1.18 reads shares from a table of i / n, so the last bit may differ
KS_ATOL = 1e-15


def test_ks_of_a_set_with_itself_is_zero_and_its_score_one(np_rng):
    values = np_rng.normal(size=1000)
    assert tabular.ks_statistic(values, values) == 0
    assert tabular.ks_score(values, values) == 1


def test_ks_of_disjoint_sets_is_one_and_its_score_zero():
    low, high = np.arange(5.0), np.arange(10.0, 17.0)
    assert tabular.ks_statistic(low, high) == 1
    assert tabular.ks_score(low, high) == 0


def test_ks_of_a_hand_made_example():
    # after 1, half of the first set and nothing of the second has come
    assert tabular.ks_statistic(np.array([1, 3]), np.array([2, 3])) == 0.5
    assert tabular.ks_gap(np.array([1, 3]), np.array([2, 3])) == (0.5, 1.0)


@pytest.mark.parametrize("sizes", [(2, 3), (7, 1000), (3000, 2999)])
def test_ks_equals_scipy_and_is_symmetric(np_rng, sizes):
    real = np_rng.normal(size=sizes[0])
    generated = np_rng.normal(0.2, 2, size=sizes[1])
    ours = tabular.ks_statistic(real, generated)
    for method in ("auto", "asymp"):
        theirs = ks_2samp(real, generated, method=method).statistic
        assert ours == pytest.approx(theirs, abs=KS_ATOL)
    assert ours == tabular.ks_statistic(generated, real)


def test_ks_is_computed_in_double_precision_whatever_the_samples(np_rng):
    real, generated = np_rng.normal(size=(2, 1000)).astype(np.float32)
    expected = ks_2samp(real.astype(float), generated.astype(float)).statistic
    found = tabular.ks_statistic(real, generated)
    assert found == pytest.approx(expected, abs=KS_ATOL)


def test_ks_with_ties_equals_scipy(np_rng):
    real = np_rng.integers(-4, 5, size=500)
    generated = np_rng.integers(-2, 8, size=800)
    expected = ks_2samp(real, generated, method="asymp").statistic
    found = tabular.ks_statistic(real, generated)
    assert found == pytest.approx(expected, abs=KS_ATOL)


def test_ks_is_the_same_when_looked_up_in_many_chunks(np_rng, monkeypatch):
    real, generated = np_rng.normal(size=(2, 1000))
    whole = tabular.ks_statistic(real, generated)
    monkeypatch.setattr(tabular, "CHUNK", 7)
    assert tabular.ks_statistic(real, generated) == whole


def test_ks_does_not_see_the_order_but_sees_the_gain(np_rng):
    wave = np.sin(np.arange(8000) * 0.05)
    shuffled = np_rng.permutation(wave)
    assert tabular.ks_score(wave, shuffled) == 1
    # |x| < 0.5 has probability 1/3 for a sine, and 1/2 of it lies below 0
    assert tabular.ks_statistic(wave, 0.5 * wave) == pytest.approx(
        1 / 3, abs=0.01
    )


def test_rms_of_a_sine_is_its_amplitude_over_root_two():
    wave = 0.3 * np.sin(2 * np.pi * np.arange(16_000) / 100)
    assert tabular.rms(wave) == pytest.approx(0.3 / np.sqrt(2))


def test_ratios_of_a_gain(np_rng):
    wave = np_rng.normal(size=1000)
    assert tabular.rms_ratio(wave, 3 * wave) == pytest.approx(3)
    assert tabular.power_ratio(wave, 3 * wave) == pytest.approx(9)


def test_integer_samples_do_not_overflow_in_rms():
    assert tabular.rms(np.full(4, 30_000, dtype=np.int16)) == 30_000


def test_ratio_to_silence_is_refused():
    with pytest.raises(CourseError, match="a real recording that sounds"):
        tabular.rms_ratio(np.zeros(4), np.ones(4))


def test_column_means_and_stds_are_those_of_pandas():
    table = np.array([[1.0, 10.0], [3.0, 30.0]])
    assert tabular.column_means(table).tolist() == [2, 20]
    # divided by rows - 1 = 1
    expected = np.sqrt([2.0, 200.0])
    assert tabular.column_stds(table) == pytest.approx(expected)


def test_a_row_of_values_is_a_table_with_one_column():
    assert tabular.column_means(np.array([1.0, 2.0, 6.0])).tolist() == [3]


def test_std_of_one_row_is_refused():
    with pytest.raises(CourseError, match="rows of the table"):
        tabular.column_stds(np.array([1.0]))


def test_log_size_of_zero_is_the_log_of_the_offset():
    assert tabular.log_size(np.array([0.0])) == pytest.approx(np.log(1e-5))
    assert tabular.log_size(np.array([-1.0])) == pytest.approx(0, abs=2e-5)


def test_equal_columns_have_an_angle_of_45_degrees(np_rng):
    sizes = np_rng.normal(size=7)
    assert tabular.log_log_angle(sizes, sizes) == pytest.approx(45)


def test_columns_all_too_large_by_one_factor_have_45_degrees_too():
    sizes = np.log([1.0, 10.0, 300.0])
    louder = np.log([3.0, 30.0, 900.0])
    assert tabular.log_log_angle(sizes, louder) == pytest.approx(45)


def test_the_angle_is_the_slope_and_exchanging_the_sides_mirrors_it(np_rng):
    x = np_rng.normal(size=9)
    expected = np.degrees(np.arctan(2))
    assert tabular.log_log_angle(x, 2 * x + 1) == pytest.approx(expected)
    y = x + np_rng.normal(size=9)
    angles = tabular.log_log_angle(x, y), tabular.log_log_angle(y, x)
    assert sum(angles) == pytest.approx(90)
    assert tabular.log_log_angle(x, np.zeros(9)) == pytest.approx(0)
    assert tabular.log_log_angle(np.zeros(9), x) == pytest.approx(90)


@pytest.mark.parametrize("n", [1, 4])
def test_one_point_has_no_angle(n):
    with pytest.raises(CourseError, match="two different points"):
        tabular.log_log_angle(np.ones(n), np.zeros(n))


def test_cumulative_sum_of_a_hand_made_example():
    ordered, share = tabular.cumulative_sum(np.array([3, 1, 2, 2]))
    assert ordered.tolist() == [1, 2, 2, 3]
    assert share.tolist() == [0.25, 0.5, 0.75, 1]


def test_histograms_share_their_bins_and_each_sums_to_one(np_rng):
    real, generated = np_rng.normal(size=300), 5 + np_rng.normal(size=700)
    edges, first, second = tabular.shared_histograms(real, generated, 20)
    assert len(edges) == 21
    assert edges[0] == min(real.min(), generated.min())
    assert edges[-1] == max(real.max(), generated.max())
    assert first.sum() == pytest.approx(1)
    assert second.sum() == pytest.approx(1)


def test_histograms_of_one_value_still_count_everything():
    _, first, second = tabular.shared_histograms(np.ones(3), np.ones(5))
    assert (first.sum(), second.sum()) == (1, 1)


def test_histograms_keep_to_given_ends():
    values = np.array([0.0, 1.0, 2.0, 9.0])
    edges, first, _ = tabular.shared_histograms(values, values, 2, (0.0, 2.0))
    assert edges.tolist() == [0, 1, 2]
    assert first.tolist() == [0.25, 0.5]  # the 9 is missing, 3 of 4 are in


def test_histogram_with_falling_ends_is_refused():
    with pytest.raises(CourseError, match="ends that rise"):
        tabular.shared_histograms(np.ones(3), np.ones(3), 2, (1.0, 1.0))


def test_histogram_without_bins_is_refused(np_rng):
    with pytest.raises(CourseError, match="n_bins"):
        tabular.shared_histograms(np.ones(3), np.ones(3), 0)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.zeros(0), "values of shape"),
        (np.zeros((2, 5)), "values of shape"),
        (np.array([0.0, np.nan]), "finite values"),
        (np.array([0.0, np.inf]), "finite values"),
    ],
)
def test_bad_values_are_refused(values, message):
    with pytest.raises(CourseError, match=message):
        tabular.ks_statistic(np.ones(3), values)


@pytest.mark.parametrize("table", [np.zeros((0, 3)), np.zeros((2, 3, 4))])
def test_bad_tables_are_refused(table):
    with pytest.raises(CourseError, match="a table of shape"):
        tabular.column_means(table)


@pytest.fixture
def study_2022():
    folder = real_data_dir()
    if folder is None or not (folder / "study_2022").is_dir():
        pytest.skip("COURSE_DATA_DIR with study_2022 is not set")

    def load(name):
        path = folder / "study_2022" / f"{name}.wav"
        stereo, _ = soundfile.read(path, dtype="float32")
        return stereo.mean(axis=1)

    return {n: load(n) for n in ("input", "output1", "output2")}


@pytest.mark.real_data
def test_the_study_of_2022_to_the_last_digit(study_2022):
    primer, lstm, transformer = study_2022.values()
    assert tabular.ks_score(primer, lstm) == 0.7780642732875434
    # the study gave this one for the primer and the Transformer
    assert tabular.ks_score(lstm, transformer) == 0.7722103025240228
    score = tabular.ks_score(primer, transformer)
    assert score == pytest.approx(0.9536977, abs=5e-8)
    assert tabular.rms_ratio(primer, lstm) == pytest.approx(2.63, abs=0.005)
    assert tabular.power_ratio(primer, lstm) == pytest.approx(6.93, abs=0.005)


@pytest.mark.real_data
def test_the_level_alone_explains_the_studys_scores(study_2022):
    primer, lstm, transformer = study_2022.values()
    ratio = tabular.rms_ratio(primer, lstm)
    levelled = tabular.ks_score(primer, lstm / ratio)
    assert levelled == pytest.approx(0.9609887, abs=5e-8)
    assert levelled > tabular.ks_score(primer, transformer)
    louder = tabular.ks_score(primer, primer * ratio)
    assert louder == pytest.approx(0.7453963, abs=5e-8)
