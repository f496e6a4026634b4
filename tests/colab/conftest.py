"""A machine like Colab's, on which the notebooks of the last commit are run.

Three layers of packages, as there: what Colab has (`.venv-colab`, made by
`make colab`), the module `google.colab` (`preinstalled/`), and, in an
environment of this session alone, what the set-up cell installs. GitHub is
a bare repository with that one commit; git is told to ask it instead.
"""

import json
import os
import subprocess
import time
from dataclasses import dataclass, field
from datetime import datetime
from importlib import metadata
from pathlib import Path

import nbformat
import pytest
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from jupyter_core.utils import run_sync
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from course_utils.basics.paths import REPOSITORY
from course_utils.experiments.notebook_file import (
    REPOSITORY_REF,
    REPOSITORY_SLUG,
    tags,
)

HERE = Path(__file__).parent
GITHUB = f"https://github.com/{REPOSITORY_SLUG}"
CELL_LIMIT_S = 600  # seconds one cell may take
ALL = sorted(path.stem for path in (REPOSITORY / "notebooks").glob("*.ipynb"))
CHOSEN = os.environ.get("COURSE_COLAB_CHAPTERS", "").split()
NAMES = [name for name in ALL if not CHOSEN or name[:2] in CHOSEN]
KIB_PER_MIB = 1024  # Linux tells a process's memory in KiB
RELEASE = "release-colab-like"
AUTHOR = ("-c", "user.name=course", "-c", "user.email=course@localhost")
FORM = """\
PRESET = "smoke"
from google.colab import drive
drive.mount("/content/drive")"""
# What the kernel itself knows at the end.
PROBE = """\
import json, resource, sys
import course_utils, ipywidgets, IPython, numpy, torch
_own, _others = map(resource.getrusage, (0, -1))
print(json.dumps({
    "python": sys.version.split()[0],
    "numpy": numpy.__version__,
    "torch": torch.__version__,
    "ipython": IPython.__version__,
    "ipywidgets": ipywidgets.__version__,
    "course_utils": course_utils.__file__,
    "peak_kib": _own.ru_maxrss,
    "processor_s": sum(u.ru_utime + u.ru_stime for u in (_own, _others)),
}))"""
ROWS = []  # of the table at the end


@dataclass
class Run:
    """A notebook after its execution."""

    name: str
    notebook: NotebookNode
    seconds: float
    error: str  # empty if every cell ran
    probe: dict = field(default_factory=dict)

    @property
    def setup(self):
        """Return the set-up cell."""
        cells = self.notebook.cells
        return next(c for c in cells if "colab-setup" in tags(c))

    @property
    def source(self):
        """Return all code."""
        cells = self.notebook.cells
        return "\n".join(c.source for c in cells if c.cell_type == "code")

    def setup_s(self):
        """Return the seconds that the set-up cell took."""
        times = self.setup.metadata["execution"]
        ends = (times[f"iopub.status.{kind}"] for kind in ("busy", "idle"))
        start, end = map(datetime.fromisoformat, ends)
        return (end - start).total_seconds()

    def peak_mib(self):
        """Return the most memory that the kernel had."""
        return self.probe.get("peak_kib", 0) / KIB_PER_MIB

    def text(self, stream, cells=None):
        """Return what cells wrote to a stream; all cells by default."""
        cells = self.notebook.cells if cells is None else cells
        outputs = [o for cell in cells for o in cell.get("outputs", ())]
        return "".join(o.text for o in outputs if o.get("name") == stream)

    def shown(self, kind):
        """Return what was displayed in one format, in order."""
        outputs = [
            output.get("data", {})
            for cell in self.notebook.cells
            for output in cell.get("outputs", ())
        ]
        return [data[kind] for data in outputs if kind in data]


@dataclass(frozen=True)
class Colab:
    """The machine."""

    place: Path
    had: dict  # package -> version, before anything was installed
    environment: dict  # variables of a kernel

    @property
    def drive(self):
        """Return what stands for /content/drive/MyDrive."""
        return self.place / "content" / "drive" / "MyDrive"

    def packages(self):
        """Return package -> version of what was installed since."""
        return installed(site_packages(self.place / "usr"))

    def run(self, name):
        """Open a notebook from GitHub and run all its cells at smoke."""
        file = f"{REPOSITORY_REF}:notebooks/{name}.ipynb"
        text = git("show", file, folder=self.place / "github.git")
        notebook = nbformat.reads(text, as_version=4)
        (form,) = (c for c in notebook.cells if "parameters" in tags(c))
        form.source += f"\n{FORM}"
        notebook.cells.append(new_code_cell(PROBE))
        start = time.perf_counter()
        error = self._execute(notebook)
        seconds = time.perf_counter() - start
        nbformat.write(notebook, self.place / "content" / f"{name}.ipynb")
        done = Run(name, notebook, seconds, error)
        if not error:
            done.probe = json.loads(notebook.cells[-1].outputs[0].text)
        return done

    def _execute(self, notebook):
        """Run all cells, those too that others skip; return the error."""
        specs = KernelSpecManager(kernel_dirs=[str(self.place / "kernels")])
        manager = AsyncKernelManager(
            kernel_name="colab", kernel_spec_manager=specs
        )
        client = NotebookClient(
            notebook, km=manager, timeout=CELL_LIMIT_S, skip_cells_with_tag=""
        )
        content = str(self.place / "content")
        try:
            client.execute(env=self.environment, cwd=content)
        except CellExecutionError as problem:
            return str(problem)
        finally:
            run_sync(manager.shutdown_kernel)(now=True)
        return ""


def git(*words, folder=REPOSITORY):
    """Return what git says."""
    done = subprocess.run(
        ["git", *words], cwd=folder, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def site_packages(environment):
    """Return the folder of an environment's packages."""
    (found,) = environment.glob("lib/python3.*/site-packages")
    return found


def installed(folder):
    """Return package -> version of what lies in a folder of packages."""
    found = metadata.distributions(path=[str(folder)])
    return {d.metadata["Name"].lower(): d.version for d in found}


def publish(folder):
    """Put the last commit where `GITHUB` leads to; return git's settings."""
    where = ("rev-parse", "--path-format=absolute", "--git-path", "objects")
    objects, tree = git(*where), git("rev-parse", "HEAD^{tree}").strip()
    git("init", "--quiet", "--bare", str(folder))
    (folder / "objects" / "info" / "alternates").write_text(objects)
    words = ("commit-tree", "-m", "The last commit", tree)
    commit = git(*AUTHOR, *words, folder=folder).strip()
    git("update-ref", f"refs/heads/{REPOSITORY_REF}", commit, folder=folder)
    settings = folder.with_suffix(".config")
    wanted = {
        f"url.{folder.as_uri()}.insteadOf": GITHUB,
        "safe.directory": "*",
    }
    for name, value in wanted.items():
        git("config", "--file", str(settings), name, value)
    return settings


def add_environment(python, folder):
    """Make an environment that has what another has, and is empty itself."""
    words = ["-m", "venv", "--without-pip", str(folder)]
    subprocess.run([python, *words], check=True)
    below = site_packages(python.parents[1])
    (site_packages(folder) / "below.pth").write_text(f"{below}\n")


def add_kernel(python, folder):
    """Describe the kernel that Colab starts."""
    module = ["-m", "colab_kernel_launcher", "-f", "{connection_file}"]
    spec = {"argv": [str(python), *module], "display_name": "Colab"}
    folder.mkdir(parents=True)
    (folder / "kernel.json").write_text(json.dumps(spec))


def variables(place, settings):
    """Return the variables of a kernel; those of the course are dropped."""
    kept = {k: v for k, v in os.environ.items() if k[:7] != "COURSE_"}
    return kept | {
        "PATH": f"{place / 'usr' / 'bin'}:{os.environ['PATH']}",
        "PYTHONPATH": str(HERE / "preinstalled"),
        "IPYTHONDIR": str(place / "ipython"),
        "GIT_CONFIG_GLOBAL": str(settings),
        "COLAB_RELEASE_TAG": RELEASE,
        "COURSE_CACHE_DIR": str(place / "cache"),
        "COURSE_DRIVE_DIR": str(place / "content" / "drive" / "MyDrive"),
    }


@pytest.fixture(scope="session")
def colab(tmp_path_factory):
    """Give the machine; nothing of the course is installed yet."""
    named = os.environ.get("COURSE_COLAB")
    if named is None:
        pytest.skip("COURSE_COLAB names no environment; `make colab` does")
    python = Path(named) / "bin" / "python"
    if not python.is_file():
        pytest.skip("Python 3.13 or 3.12 is not here to be like Colab's")
    place = tmp_path_factory.mktemp("colab")
    (place / "content").mkdir()
    add_environment(python, place / "usr")
    add_kernel(place / "usr" / "bin" / "python", place / "kernels" / "colab")
    settings = publish(place / "github.git")
    had = installed(site_packages(Path(named)))
    return Colab(place, had, variables(place, settings))


@pytest.fixture(scope="session", params=NAMES)
def run(request, colab):
    """Give a notebook after its execution; its row goes into the table."""
    done = colab.run(request.param)
    result = done.error.strip().split("\n")[-1][:40] or "all cells ran"
    processor_s = done.probe.get("processor_s", 0)
    taken = done.seconds, done.setup_s(), processor_s, done.peak_mib()
    ROWS.append((done.name, *(f"{x:.0f}" for x in taken), result))
    return done


@pytest.fixture
def finished(run):
    """Give the notebook if it came to its end."""
    if run.error:
        pytest.skip("a cell failed: see test_every_cell_runs")
    return run


def pytest_terminal_summary(terminalreporter):
    """Print what each notebook took."""
    if not ROWS:
        return
    commit = git("describe", "--always").strip()
    terminalreporter.section(f"as on Colab, commit {commit}, smoke")
    seconds, processor_s = (sum(int(r[i]) for r in ROWS) for i in (1, 3))
    head = ("notebook", "s", "set-up s", "CPU s", "MiB", "")
    foot = ("together", seconds, "", processor_s, "", "")
    for row in (head, *ROWS, foot):
        line = "{:32}{:>7}{:>10}{:>7}{:>7}  {}".format(*row)
        terminalreporter.write_line(line)
