from course_utils.training.history import History


def test_numbers_of_one_step_share_a_row():
    history = History()
    history.record(1, nll=2.0)
    history.record(2, nll=1.0)
    history.record(2, held_out_nll=1.5)
    assert history.column("nll") == ([1, 2], [2.0, 1.0])
    assert history.column("held_out_nll") == ([2], [1.5])
    assert history.column("absent") == ([], [])


def test_the_table_is_written_with_empty_cells(tmp_path):
    history = History()
    history.record(1, nll=2.0)
    history.record(2, held_out_nll=1.5)
    history.write_csv(tmp_path / "h.csv")
    lines = (tmp_path / "h.csv").read_text().split()
    assert lines == ["step,nll,held_out_nll", "1,2.0,", "2,,1.5"]


def test_an_empty_table_is_only_a_header(tmp_path):
    History().write_csv(tmp_path / "h.csv")
    assert (tmp_path / "h.csv").read_text().split() == ["step"]
