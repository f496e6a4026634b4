"""Let Table Evaluator measure two pairs of tables, and keep its figures.

Table Evaluator pins old versions of nearly everything, so it cannot share an
environment with the course. Make one for it, with Python 3.11, and run this
file with its interpreter, from the folder where this file lies:

    python3.11 -m venv ENV
    ENV/bin/pip install table-evaluator==1.9.0
    ENV/bin/python make_table_evaluator_figures.py

It writes `table_evaluator_figures.json`. The tests build the same tables with
`tables` from here and compare: only NumPy is needed for that.
"""

import json
from pathlib import Path

import numpy as np

FIGURES = Path(__file__).with_name("table_evaluator_figures.json")
SEED = 440
RATE = 8_000  # Hz
FRAME, HOP = 512, 256  # samples


def mixed_table(rng, n_rows, shift, scale):
    """Draw a table whose six columns depend on each other, (n_rows, 6)."""
    mixing = np.random.default_rng(SEED).normal(size=(6, 6))
    table = rng.standard_normal((n_rows, 6)) @ mixing
    table[:, 1] = np.exp(table[:, 1] / 3)
    table[:, 2] = rng.uniform(-1, 1, n_rows) + 0.2 * table[:, 0]
    return shift + scale * table * np.array([1, 10, 0.1, 1, 100, 3])


def sound(f0_hz, decay, noise, seed):
    """Synthesise eight plucked notes, two seconds in all, shape (N,)."""
    rng = np.random.default_rng(seed)
    t = np.arange(RATE // 4) / RATE
    notes = []
    for step in (0, 2, 4, 5, 7, 9, 11, 12):
        phase = 2 * np.pi * f0_hz * 2 ** (step / 12) * t
        tone = sum(np.sin(k * phase) / k for k in (1, 2, 3, 4))
        notes.append(np.exp(-decay * t) * tone * rng.uniform(0.5, 1))
    wave = 0.2 * np.concatenate(notes)
    return wave + noise * rng.standard_normal(len(wave))


def frame_features(wave):
    """Return level, centroid, spread, flatness and crossings, (T, 5)."""
    starts = range(0, len(wave) - FRAME + 1, HOP)
    frames = np.stack([wave[s : s + FRAME] for s in starts])
    power = np.abs(np.fft.rfft(frames * np.hanning(FRAME))) ** 2 + 1e-12
    hz = np.fft.rfftfreq(FRAME, 1 / RATE)
    share = power / power.sum(axis=1, keepdims=True)
    centroid = share @ hz
    spread = np.sqrt((share * (hz - centroid[:, None]) ** 2).sum(axis=1))
    flatness = 10 * (np.log10(power).mean(1) - np.log10(power.mean(1)))
    level = 10 * np.log10(np.mean(frames**2, axis=1))
    crossings = np.mean(np.diff(np.sign(frames), axis=1) != 0, axis=1)
    return np.stack([level, centroid, spread, flatness, crossings], axis=1)


def tables():
    """Return name -> the real and the generated table."""
    rng = np.random.default_rng(SEED)
    return {
        "mixed": (
            mixed_table(rng, 200, 0.5, 1.0),
            mixed_table(rng, 200, 0.8, 1.3),
        ),
        "frames": (
            frame_features(sound(220, 8, 0.002, 1)),
            frame_features(sound(247, 14, 0.01, 2)),
        ),
    }


def figures(real, generated):
    """Return what Table Evaluator says of a pair of tables."""
    import pandas as pd
    from table_evaluator import TableEvaluator
    from table_evaluator.metrics import js_distance_df, kolmogorov_smirnov_df

    names = [f"c{k}" for k in range(real.shape[1])]
    pair = (pd.DataFrame(t, columns=names) for t in (real, generated))
    judge = TableEvaluator(*pair)
    sides = judge.real, judge.fake, judge.numerical_columns
    overview = judge.evaluate("c0", target_type="regr", return_outputs=True)
    overview = overview["Overview Results"]
    return {
        "basic_statistics": judge.basic_statistical_evaluation(),
        "correlation_correlation": judge.correlation_correlation(),
        "column_correlation": judge.column_correlations(),
        "pca_correlation": judge.pca_correlation(),
        "jensen_shannon": js_distance_df(*sides)["js_distance"].tolist(),
        "ks": kolmogorov_smirnov_df(*sides)["statistic"].tolist(),
        "overview": {name: row["result"] for name, row in overview.items()},
    }


def main():
    """Write the figures of all pairs, and the version they come from."""
    from importlib import metadata

    version = metadata.version("table-evaluator")
    found = {name: figures(*pair) for name, pair in tables().items()}
    content = {"made_with": f"table-evaluator {version}", "figures": found}
    FIGURES.write_text(json.dumps(content, indent=1) + "\n")


if __name__ == "__main__":
    main()
