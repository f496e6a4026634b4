"""The block on the network holds, in Python and in notebook kernels."""

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from course_utils.experiments import notebook_file
from course_utils.experiments.execution import NotebookFailedError, execute

HERE = Path(__file__).parent
LEAVE = {
    "connect": "socket.create_connection(('192.0.2.1', 80), timeout=5)",
    "look up": "socket.getaddrinfo('example.org', 80)",
    "old look up": "socket.gethostbyname('example.org')",
    "datagram": "socket.socket(type=2).sendto(b'x', ('192.0.2.1', 53))",
    "version 6": "socket.create_connection(('2001:db8::1', 80), timeout=5)",
    "urllib": "__import__('urllib.request').request.urlopen('http://a.org')",
}
STAY = {
    "a server here": "s = socket.create_server(('127.0.0.1', 0));"
    "socket.create_connection(s.getsockname())",
    "localhost": "socket.getaddrinfo('localhost', 80)",
    "a socket pair": "socket.socketpair()",
}


def run(code, blocked=True):
    environment = dict(os.environ)
    environment.pop("PYTHONPATH", None)
    if blocked:
        environment["PYTHONPATH"] = str(HERE)
    return subprocess.run(
        [sys.executable, "-c", f"import socket; {code}"],
        env=environment,
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize("code", LEAVE.values(), ids=LEAVE)
def test_leaving_this_machine_is_refused(code):
    done = run(code)
    assert done.returncode != 0
    assert "the network is blocked in tests" in done.stderr


@pytest.mark.parametrize("code", STAY.values(), ids=STAY)
def test_talking_to_oneself_is_allowed(code):
    assert run(code).returncode == 0


def test_children_inherit_the_block():
    child = "import subprocess, sys; sys.exit(subprocess.run([sys.executable,"
    child += " '-c', 'import socket; socket.gethostbyname(\"a.org\")']"
    done = run(f"{child}, capture_output=True).returncode)")
    assert done.returncode == 1


def test_this_block_is_the_one_that_python_loads():
    code = "import sitecustomize; print(sitecustomize.__file__)"
    assert str(HERE) in run(code).stdout
    assert str(HERE) not in run(code, blocked=False).stdout


def test_notebook_kernels_inherit_the_block(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(HERE))
    source = tmp_path / "leave.ipynb"
    code = "import socket\nsocket.getaddrinfo('example.org', 80)"
    notebook_file.write(new_notebook(cells=[new_code_cell(code)]), source)
    target = tmp_path / "executed" / "leave.ipynb"
    with pytest.raises(NotebookFailedError, match="network is blocked"):
        execute(source, target, {}, tmp_path)


def test_notebook_kernels_run_behind_the_block(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(HERE))
    source, target = tmp_path / "stay.ipynb", tmp_path / "done.ipynb"
    code = new_code_cell("print(sum(range(4)))")
    notebook_file.write(new_notebook(cells=[code]), source)
    execute(source, target, {}, tmp_path)
    done = nbformat.read(target, as_version=4)
    assert done.cells[0].outputs[0].text == "6\n"
