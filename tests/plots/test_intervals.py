import matplotlib as mpl

mpl.use("agg")

import matplotlib.pyplot as plt

from course_utils.plots.intervals import plot_intervals


def test_each_way_has_a_row_with_its_mean_and_its_interval():
    _, ax = plt.subplots()
    points = {"real": (0.5, 0.4, 0.7), "ours": (0.2, 0.1, 0.3)}
    plot_intervals(points, ax=ax)
    names = [label.get_text() for label in ax.get_yticklabels()]
    assert names == ["real", "ours"]
    drawn = [(list(x.get_xdata()), list(x.get_ydata())) for x in ax.lines]
    assert drawn == [
        ([0.4, 0.7], [0, 0]),
        ([0.5], [0]),
        ([0.1, 0.3], [1, 1]),
        ([0.2], [1]),
    ]
    low, high = ax.get_ylim()
    assert low > high  # the first way is on top
    plt.close("all")
