"""No file that the course reads can make it run code."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = sorted(
    [*(ROOT / "course_utils").rglob("*.py"), *(ROOT / "book").rglob("*.py")]
)
# Modules whose files hold code, or call what a file names.
MODULES_THAT_RUN_FILES = {
    "pickle",
    "cPickle",
    "_pickle",
    "cloudpickle",
    "dill",
    "joblib",
    "marshal",
    "shelve",
}
# Unpickle, execute, or unpack under names that an archive chose.
FORBIDDEN = {
    "eval",
    "exec",
    "os.system",
    "os.popen",
    "torch.load",
    "torch.save",
    "yaml.load",
    "yaml.load_all",
    "yaml.full_load",
    "yaml.unsafe_load",
    "pandas.read_pickle",
    "pd.read_pickle",
    "shutil.unpack_archive",
}
UNPACKS = {"extractall", "extract"}  # of a zip or tar


def calls_of(tree):
    """Yield name and node of every call."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


def faults_of(text):
    """List the lines of a module that could run what a file holds."""
    tree = ast.parse(text)
    found = []
    for node in ast.walk(tree):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        if {name.split(".")[0] for name in names} & MODULES_THAT_RUN_FILES:
            found.append(ast.unparse(node))
    for name, call in calls_of(tree):
        words = {word.arg: word.value for word in call.keywords}
        pickled = name in ("np.load", "numpy.load") and not (
            isinstance(words.get("allow_pickle"), ast.Constant)
            and words["allow_pickle"].value is False
        )
        shell = "shell" in words and ast.unparse(words["shell"]) != "False"
        unpacks = name.partition(".")[2].split(".")[-1] in UNPACKS
        if name in FORBIDDEN or pickled or shell or unpacks:
            found.append(ast.unparse(call))
    return found


@pytest.mark.parametrize(
    "path", MODULES, ids=lambda p: str(p.relative_to(ROOT))
)
def test_no_module_runs_what_a_file_holds(path):
    assert not faults_of(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "line",
    [
        "import pickle",
        "from joblib import load",
        "eval(text)",
        "torch.load(path, weights_only=True)",
        "np.load(path)",
        "np.load(path, allow_pickle=True)",
        "yaml.load(text, Loader)",
        "archive.extractall(folder)",
        "subprocess.run(text, shell=True)",
    ],
)
def test_the_rule_itself_catches_a_fault(line):
    assert faults_of(line)


def test_the_rule_lets_safe_reading_pass():
    assert not faults_of(
        "model.eval()\nyaml.safe_load(text)\nast.literal_eval(text)\n"
        "np.load(path, allow_pickle=False)\nsubprocess.run(['git'])"
    )
