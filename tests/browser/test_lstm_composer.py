"""The LSTM in the page beside PyTorch, and the composer in use."""

import json
import shutil
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib import resources
from itertools import pairwise

import numpy as np
import pytest
import torch

from course_utils.basics.paths import REPOSITORY, shipped_data_dir
from course_utils.basics.runtime import numpy_rng
from course_utils.data.corpora import chorales
from course_utils.recipes.composing import IS_OVER, _lean
from course_utils.recipes.lstm import load_model
from course_utils.recipes.lstm_compose import KEY_PULL
from course_utils.sampling.filters import (
    NEVER,
    apply_temperature,
    keep_top_p,
)
from course_utils.symbolic import metrical
from course_utils.symbolic.excerpt import bars_between
from course_utils.symbolic.grammar import MetricalGrammar
from course_utils.symbolic.grid_continuations import (
    VELOCITIES,
    MetricalContinuation,
)
from course_utils.symbolic.metrical_reading import read_events
from course_utils.symbolic.sequences import midi_to_sequence
from course_utils.widgets.lstm_composer import (
    SCRIPTS,
    lstm_composer,
    packed_model,
)

MOST = 1e-4
CHECKPOINT = shipped_data_dir() / "checkpoints" / "lstm-chorales"
RUNTIME = REPOSITORY / "book" / "_vendor" / "onnxruntime"
ROOT = "document.querySelector('lstm-composer').shadowRoot"
STATUS = f"{ROOT}.querySelector('[role=status]').textContent"
HEAD = (
    "<!doctype html><html lang='en'><meta charset='utf-8'><title>T</title>"
    "<link rel='icon' href='data:,'>"
)


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def network():
    return load_model(CHECKPOINT)[0]


@pytest.fixture(scope="module")
def held_out():
    return [p for p in chorales("smoke") if p.split != "train"]


@pytest.fixture(scope="module")
def composer(held_out):
    return lstm_composer(CHECKPOINT, held_out[:3])


@pytest.fixture(scope="module")
def folder(network, composer, tmp_path_factory):
    """Give a folder laid out like the site: two pages, runtime, model."""
    folder = tmp_path_factory.mktemp("site")
    shutil.copytree(RUNTIME, folder / "_static" / "onnxruntime")
    (folder / "_static" / "composer").mkdir()
    model = folder / "_static" / "composer" / "lstm-chorales.js"
    model.write_text(packed_model("lstm-chorales", network))
    (folder / "notebooks").mkdir()
    html = composer._repr_html_()
    (folder / "notebooks" / "page.html").write_text(f"{HEAD}{html}")
    programs = resources.files("course_utils.widgets") / "elements"
    code = "\n".join((programs / name).read_text() for name in SCRIPTS[:-1])
    bare = f"{HEAD}<script>{code}</script>"
    (folder / "notebooks" / "bare.html").write_text(bare)
    return folder


@pytest.fixture
def address(folder, request):
    """Give the address of the folder: as a file, or served if asked for."""
    if getattr(request, "param", "file") == "file":
        yield folder.as_uri()
        return
    handler = partial(Quiet, directory=folder)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def page(browser, address):
    """Give a function that opens a page; its log must stay clean."""
    yield lambda name: browser.open(f"{address}/notebooks/{name}") or browser
    browser.check_quiet(address, "blob:", "data:")


@pytest.fixture
def bare(browser, folder):
    """Give the element's programs without the element, from a file."""
    browser.open(f"{folder.as_uri()}/notebooks/bare.html")
    return browser


both_ways = pytest.mark.parametrize("address", ["file", "http"], indirect=True)
LOGITS = """(async () => {
  const network = await loadNetwork("../_static/", %s);
  const rows = [];
  let here = null;
  for (const event of %s) {
    here = await network.step(event, here?.state);
    rows.push([...here.logits]);
  }
  return rows;
})()"""
TASK = json.dumps({"model": "lstm-chorales", "shape": [3, 1, 128]})


@both_ways
def test_logits_in_the_page_equal_those_of_pytorch(page, network, held_out):
    browser = page("bare.html")
    for piece in held_out[-2:]:
        events = metrical.sequence_to_events(piece.sequence)[:400]
        got = np.array(browser.run(LOGITS % (TASK, events)))
        with torch.no_grad():
            expected = network(torch.tensor([events]))[0][0].numpy()
        assert got.shape == expected.shape
        difference = np.abs(got - expected).max()
        print(f"{piece.name}, {len(events)} events: {difference:.1e}")
        assert difference <= MOST


MASKS = """(() => {
  const grammar = new Grammar();
  for (const event of %s) grammar.accept(event);
  grammar.follow(%s);
  return %s.map((event) => {
    const mask = grammar.allowed();
    grammar.accept(event);
    return [grammar.nSteps, ...mask];
  });
})()"""


def test_what_may_come_next_is_the_same_in_both_languages(bare, held_out):
    for piece in held_out:
        events = metrical.sequence_to_events(piece.sequence)[1:-1]
        place = events.index(metrical.FIRST_PLACE + 15) + 1
        primer, rest = events[:place], events[place:]
        rest = rest[rest.index(metrical.FIRST_PLACE) :]
        openings = [[e] for e in rest if 259 <= e < 291]
        got = np.array(bare.run(MASKS % (primer, openings, rest)))
        grammar = MetricalGrammar(VELOCITIES)
        for event in primer:
            grammar.accept(event)
        grammar.follow(openings)
        for event, (n_steps, *mask) in zip(rest, got, strict=True):
            if grammar._openings:
                assert mask == grammar.allowed().int().tolist()
                assert mask[event]
            grammar.accept(event)
            assert n_steps == grammar.n_steps


@pytest.mark.parametrize(("temperature", "top_p"), [(1, 0.95), (0.6, 0.5)])
def test_the_drawing_is_shaped_as_in_python(bare, temperature, top_p):
    logits = 3 * numpy_rng(5).standard_normal((20, metrical.N_CLASSES))
    logits[:, 100:300] = NEVER
    rows = json.dumps(logits.tolist()).replace("Infinity", "1e999")
    code = f"{rows}.map((row) => [...shape(row, {temperature}, {top_p})])"
    got = np.array(bare.run(code))
    scores = apply_temperature(torch.tensor(logits), temperature)
    expected = keep_top_p(scores, top_p).softmax(-1).numpy()
    np.testing.assert_allclose(got, expected, atol=1e-12)


def test_drawing_follows_the_probabilities(bare):
    counts = bare.run(
        "(() => { const random = uniform(1); const counts = [0, 0, 0, 0];"
        "for (let i = 0; i < 4000; i += 1) {"
        " counts[drawEvent([0, 0.25, 0, 0.75], random)] += 1; }"
        "return counts; })()"
    )
    assert counts[0] == counts[2] == 0
    assert counts[1] == pytest.approx(1000, abs=110)  # 4 deviations


def test_the_lean_towards_a_key_is_that_of_python(bare, held_out):
    bars = MetricalContinuation(bars_between(held_out[0].sequence, 0, 4), 16)
    got = bare.run(f"[...lean({bars.primer_events})]")
    np.testing.assert_allclose(got, _lean(bars, KEY_PULL), atol=1e-6)


def test_notes_are_read_as_python_reads_them(bare, held_out):
    for piece in held_out:
        events = metrical.sequence_to_events(piece.sequence)
        got = bare.run(
            f"readNotes({events}).map((n) => [n.start, n.end, n.pitch])"
        )
        expected = [[*n[:3]] for n in read_events(events).notes()]
        assert got == expected


def button(start):
    return (
        f"[...{ROOT}.querySelectorAll('button')]"
        f".find((b) => b.textContent.startsWith({start!r}))"
    )


def listen(browser):
    """Keep the events of every composition in `window.made`."""
    browser.run(
        "(() => { window.made = []; document.querySelector('lstm-composer')"
        ".addEventListener('composed', (e) => "
        "{ made.push(e.detail.events); }); })()"
    )


def composed(browser, n=1):
    browser.wait(f"made.length === {n} && {button('Compose')} !== undefined")
    return browser.run("made.at(-1)")


def replay(network, opening, events, temperature, top_p):
    """Return the probability that Python gives to each drawn event."""
    grammar = MetricalGrammar(VELOCITIES)
    for event in opening["events"][1:]:
        grammar.accept(event)
    steps = [[metrical.FIRST_PLACE + i] for i in range(opening["barSteps"])]
    grammar.follow(steps * 20)
    primer = torch.tensor([opening["events"]])
    lean = _lean(_Primer(opening["events"]), KEY_PULL)
    chances = []
    with torch.no_grad():
        back = network(primer[:, : opening["turn"]])
        logits, state = network(primer)
        for event in events:
            if logits[0, -1].softmax(-1)[metrical.END] > IS_OVER:
                grammar.release()
                logits, state = back
            mask = grammar.allowed()
            assert mask[event]
            scores = (logits[0, -1] + lean).masked_fill(~mask, NEVER)
            scores = keep_top_p(apply_temperature(scores, temperature), top_p)
            chances.append(float(scores.softmax(-1)[event]))
            grammar.accept(event)
            logits, state = network(torch.tensor([[event]]), state)
    return chances


class _Primer(MetricalContinuation):
    def __init__(self, events):
        self.primer_events = events


@both_ways
def test_what_it_composes_is_what_python_may_compose(
    page, network, composer, capsys
):
    browser = page("page.html")
    listen(browser)
    browser.click(button("Compose"))
    events = composed(browser)
    opening = composer.openings[0]
    chances = replay(network, opening, events, 1.0, 0.95)
    assert min(chances) > 0  # each event was among those that top-p leaves
    assert -np.log(chances).mean() < 1  # nats an event; real music has 0.37
    told = browser.run(STATUS)
    with capsys.disabled():
        print(f"\n{told}")
    reading = read_events([*opening["events"], *events])
    assert reading.n_steps == (4 + 8) * 16
    assert reading.places == [*range(16)] * 12
    new = [note for note in reading.notes() if note[0] >= 4 * 16]
    assert f"Composed 8 bars: {len(new)} notes" in told
    assert f"{len(events)} events in" in told
    voices = [len(step) for step in reading.steps[64:]]
    assert 3 <= np.mean(voices) <= 5
    assert all(36 <= pitch <= 84 for _, _, pitch, _ in new)


def test_the_midi_file_holds_the_opening_and_the_new_bars(page, composer):
    browser = page("page.html")
    listen(browser)
    browser.run(f"{ROOT}.querySelector('select').value = 2")
    browser.run(f"{ROOT}.querySelector('input').value = 2")
    browser.click(button("Compose"))
    events = composed(browser)
    path = browser.download(lambda: browser.click(button("Save as MIDI")))
    sequence = midi_to_sequence(path)
    opening = composer.openings[2]
    (tempo,), (meter,) = sequence.tempos, sequence.time_signatures
    assert tempo.qpm == pytest.approx(opening["qpm"], abs=0.01)
    assert [meter.numerator, meter.denominator] == opening["meter"]
    step_s = 15 / opening["qpm"]
    got = sorted(
        (round(n.start_time / step_s), round(n.end_time / step_s), n.pitch)
        for n in sequence.notes
    )
    expected = read_events([*opening["events"], *events]).notes()
    assert got == sorted(note[:3] for note in expected)
    assert {n.velocity for n in sequence.notes} == {opening["velocity"]}


def test_a_seed_gives_one_piece_and_another_seed_another(page):
    browser = page("page.html")
    listen(browser)
    bars, _, _, seed = (
        f"{ROOT}.querySelectorAll('input')[{i}]" for i in range(4)
    )
    browser.run(f"{bars}.value = 1")
    pieces = []
    for n, value in enumerate((1, 1, 2), start=1):
        browser.run(f"{seed}.value = {value}")
        browser.click(button("Compose"))
        pieces.append(composed(browser, n))
    assert pieces[0] == pieces[1] != pieces[2]


def test_it_stops_when_asked_and_keeps_what_is_there(page):
    browser = page("page.html")
    listen(browser)
    browser.run(f"{ROOT}.querySelector('input').value = 16")
    browser.click(button("Compose"))
    browser.run(  # in the page, because 16 bars take about a second
        f"(async () => {{ while ({ROOT}.querySelector('progress').value < "
        "0.02) await new Promise(requestAnimationFrame); "
        f"{button('Stop composing')}.click(); }})()"
    )
    events = composed(browser)
    n_steps = sum(259 <= event < 291 for event in events)
    assert 0 < n_steps < 16 * 16
    assert browser.run(STATUS).startswith("Stopped after")
    shown = f"{ROOT}.querySelector('progress').value"
    assert browser.run(shown) == pytest.approx(n_steps / 256)


def test_everything_works_by_keyboard(page):
    browser = page("page.html")
    listen(browser)
    browser.press("Tab")
    assert browser.run(f"{ROOT}.activeElement.tagName") == "SELECT"
    browser.press("ArrowDown")
    browser.press("Tab")
    for key in ("Control+a", "2"):  # two bars
        browser.press(key)
    browser.press("Tab")
    browser.press("ArrowLeft")
    assert "Temperature: 0.95" in browser.run(f"{ROOT}.textContent")
    style = f"getComputedStyle({ROOT}.activeElement)"
    assert browser.run(f"{style}.outlineStyle") == "solid"
    browser.press("Enter")  # in a field: compose
    events = composed(browser)
    assert sum(259 <= event < 291 for event in events) == 2 * 16
    for _ in range(3):
        browser.press("Tab")
    assert browser.run(f"{ROOT}.activeElement.textContent") == "Compose"
    browser.press(" ")
    assert composed(browser, 2) == events
    browser.press("Tab")
    browser.press(" ")
    moved = f"Number({ROOT}.querySelector('.cursor').getAttribute('x1')) > 1"
    browser.wait(moved)
    assert browser.run(f"{ROOT}.activeElement.textContent") == "Stop playing"
    browser.press(" ")
    assert browser.run(f"{ROOT}.activeElement.textContent") == "Play"
    browser.press("Tab")
    path = browser.download(lambda: browser.press("Enter"))
    assert path.read_bytes().startswith(b"MThd")


def test_nothing_is_loaded_or_played_before_it_is_asked_for(browser, folder):
    browser.open(f"{folder.as_uri()}/notebooks/page.html")
    browser.wait(f"{ROOT} !== null")
    asked = browser.heard_of("Network.requestWillBeSent")
    assert len(asked) == 1
    browser.run(f"{button('Play')}.click()")
    browser.run(f"{button('Save as MIDI')}.click()")
    assert browser.run(f"{button('Play')}.textContent") == "Play"
    assert browser.run(f"{button('Play')}.ariaDisabled") == "true"


def test_the_picture_has_the_notes_and_the_words_have_them_too(bare):
    notes = [(0, 4, 60), (0, 2, 48), (16, 20, 62), (20, 24, 61)]
    keys = ("start", "end", "pitch")
    piece = {
        "notes": [dict(zip(keys, note, strict=True)) for note in notes],
        "nSteps": 48,
        "barSteps": 16,
        "openingBars": 1,
    }
    told = json.dumps(piece)
    words = bare.run(f"barsInWords({told}).map((item) => item.textContent)")
    assert words == ["Opening: C4 C3", "D4, C#4", "nothing begins"]
    rects = bare.run(
        "(() => { const picture = shapeOf('svg', {});"
        f"drawRoll(picture, {told}, 48); "
        "return [...picture.querySelectorAll('rect')].map((r) => "
        "[r.getAttribute('class'), ...['x', 'y', 'width'].map((name) => "
        "Number(r.getAttribute(name)))]); })()"
    )
    assert [r[0] for r in rects] == ["given", "given", "made", "made"]
    assert [(r[1], r[1] + r[3]) for r in rects] == [n[:2] for n in notes]
    heights = [row[2] for row in rects]
    steps = [b[2] - a[2] for a, b in pairwise(notes)]
    assert [a - b for a, b in pairwise(heights)] == steps


def test_missing_files_are_explained(browser, folder, tmp_path):
    shutil.copy(folder / "notebooks" / "page.html", tmp_path)
    browser.open((tmp_path / "page.html").as_uri())
    browser.click(button("Compose"))
    browser.wait(f"{STATUS}.startsWith('The composer cannot run here')")
    assert browser.run(f"{button('Compose')} !== undefined")


def test_without_script_it_says_what_to_do(chromium, folder):
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{folder.as_uri()}/notebooks/page.html")
    shown = page.inner_text("lstm-composer")
    context.close()
    assert "This composer needs JavaScript" in shown
    assert "course generate lstm" in shown
