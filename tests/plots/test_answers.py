import matplotlib as mpl

mpl.use("agg")

import matplotlib.pyplot as plt
import numpy as np

from course_utils.plots.answers import plot_answers


def test_wrong_answers_are_marked_and_silence_is_empty():
    said = np.array([[1.0, 0.25], [1.0, np.nan]])
    truth = np.array([[1.0, 1.0], [0.0, 0.0]])
    _, ax = plt.subplots()
    plot_answers(said, truth, ["a", "b"], ["x", "y"], ax=ax)
    texts = {t.get_position(): t.get_text() for t in ax.texts}
    assert texts == {(0, 0): "1.00", (1, 0): "0.25 ×", (0, 1): "1.00 ×"}
    kinds = ax.images[0].get_array()
    assert kinds.tolist() == [[0, 1], [1, 2]]
    assert [t.get_text() for t in ax.get_yticklabels()] == ["a", "b"]
    plt.close("all")


def test_what_has_no_certain_answer_is_neither():
    _, ax = plt.subplots()
    said, truth = np.array([[0.0, 1.0]]), np.array([[np.nan, np.nan]])
    plot_answers(said, truth, ["a"], ["x", "y"], ax=ax)
    assert ax.images[0].get_array().tolist() == [[2, 2]]
    assert [t.get_text() for t in ax.texts] == ["0.00", "1.00"]
    plt.close("all")
