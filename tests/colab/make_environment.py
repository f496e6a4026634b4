"""Make an environment with the packages that Colab has, on its Python.

    python tests/colab/make_environment.py .venv-colab

Without Python 3.13 or 3.12 on this machine it says so and makes nothing;
the tests are then skipped.
"""

import os
import subprocess
import sys
from pathlib import Path

WANTED = ("3.13", "3.12")  # Colab's Python of 2026, and the one before
PACKAGES = Path(__file__).with_name("environment.txt")
ABSENT = "Colab's Python is not here ({}): its tests are skipped"


def interpreter():
    """Return a Python of one of the wanted versions, or None."""
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    for version in WANTED:
        kept = sorted(root.glob(f"versions/{version}.*/bin/python"))
        for program in [f"python{version}", *map(str, kept)]:
            if runs(program, version):
                return program
    return None


def runs(program, version):
    """Return whether a program is a Python of that version."""
    code = "import sys; print('{}.{}'.format(*sys.version_info))"
    try:
        done = subprocess.run(
            [program, "-c", code], capture_output=True, text=True
        )
    except OSError:
        return False
    return done.stdout.strip() == version


def main(target):
    """Make the environment anew; its stamp comes last."""
    python = interpreter()
    if python is None:
        print(ABSENT.format(" or ".join(WANTED)))
        return
    print(f"Making {target}; torch alone brings gigabytes for a GPU.")
    subprocess.run([python, "-m", "venv", "--clear", target], check=True)
    pip = [
        f"{target}/bin/python",
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-compile",
    ]
    subprocess.run([*pip, "--requirement", PACKAGES], check=True)
    Path(target, ".stamp").touch()


if __name__ == "__main__":
    main(sys.argv[1])
