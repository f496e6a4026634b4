"""The table of runs: sorted and filtered, by mouse and by keyboard."""

ROWS = "[...document.querySelectorAll('.course-runs tbody tr')]"
SHOWN = f"{ROWS}.filter((row) => !row.hidden)"
HEAD = "document.querySelectorAll('.course-runs thead th')[{}]"
SECONDS = f"{SHOWN}.map((r) => Number(r.cells[2].dataset.value ?? Infinity))"
FILTER = "document.querySelector('.course-filter input')"
STATUS = "document.querySelector('.course-filter output').textContent"


def test_a_heading_sorts_by_numbers_up_and_down(page):
    browser = page("experiments.html")
    head = HEAD.format(2)
    browser.click(f"{head}.querySelector('button')")
    assert browser.run(f"{head}.ariaSort") == "ascending"
    seconds = browser.run(f"{SECONDS}.filter(Number.isFinite)")
    assert seconds == sorted(seconds)
    browser.press("Enter")  # the button has the focus
    assert browser.run(f"{head}.ariaSort") == "descending"
    seconds = browser.run(f"{SECONDS}.filter(Number.isFinite)")
    assert seconds == sorted(seconds, reverse=True)


def test_words_filter_the_rows_and_the_number_is_said(page):
    browser = page("experiments.html")
    n_rows = browser.run(f"{ROWS}.length")
    assert browser.run(STATUS) == f"{n_rows} of {n_rows} runs"
    browser.run(f"{FILTER}.focus()")
    for key in "lstm pop":
        browser.press(key)
    shown = browser.run(f"{SHOWN}.map((row) => row.textContent.toLowerCase())")
    assert 0 < len(shown) < n_rows
    assert all("lstm" in text and "pop" in text for text in shown)
    assert browser.run(STATUS) == f"{len(shown)} of {n_rows} runs"


def test_a_folded_list_opens_and_its_sound_plays(page):
    browser = page("experiments.html")
    player = f"{ROWS}.map((r) => r.querySelector('audio')).find(Boolean)"
    browser.click(f"{player}.closest('details').querySelector('summary')")
    browser.run(f"{player}.play()")
    browser.wait(f"{player}.currentTime > 0.05")
