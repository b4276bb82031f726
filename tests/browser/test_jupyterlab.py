"""The chapter with widgets in JupyterLab: it opens, runs from top to bottom, and its slider moves the pictures."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import nbformat
import pytest

BOOK = Path(__file__).parents[2] / "book"


@pytest.fixture
def lab(tmp_path):
    """Serve a copy of the chapter, with nobody's settings; return the server's address and the copy."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
    folder = tmp_path / "book"
    folder.mkdir()
    shutil.copy(BOOK / "why.ipynb", folder)
    places = {f"JUPYTER_{kind}_DIR": str(tmp_path / kind.lower()) for kind in ("CONFIG", "DATA", "RUNTIME")}
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--port", address.rpartition(":")[2]]
    command += ["--ServerApp.port_retries=0", "--IdentityProvider.token=", f"--ServerApp.root_dir={folder}"]
    with (tmp_path / "log").open("w") as log:
        server = subprocess.Popen(command, cwd=folder, env=os.environ | places, stdout=log, stderr=log)
    try:
        for _ in range(120):
            try:
                urllib.request.urlopen(f"{address}/api").close()
                break
            except urllib.error.URLError:
                assert server.poll() is None, (tmp_path / "log").read_text()
                time.sleep(0.5)
        yield address, folder / "why.ipynb"
    finally:
        server.terminate()
        server.wait(30)


def test_the_chapter_runs_in_jupyterlab_and_its_slider_moves_the_pictures(browser, lab, pictures):
    address, path = lab
    before = nbformat.read(path, as_version=4)
    for cell in before.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    before.metadata.pop("widgets", None)
    nbformat.write(before, path)
    page = browser.new_page(viewport={"width": 1400, "height": 1000})
    complaints = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"{address}/lab/tree/{path.name}?reset")
    page.locator(".jp-Notebook").wait_for(timeout=60_000)
    idle = page.get_by_text("Python 3 (ipykernel) | Idle")
    idle.wait_for(timeout=120_000)
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    handle = page.locator(".jupyter-widgets .noUi-handle").first
    handle.wait_for(timeout=300_000)
    page.wait_for_function(f"{pictures}.length > 0")
    seen = page.evaluate(pictures)
    handle.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function(f"before => !({pictures}).some(alt => before.includes(alt))", arg=seen)
    assert len(page.evaluate(pictures)) == len(seen)
    idle.wait_for(timeout=120_000)
    page.locator(".jp-NotebookPanel-toolbar [data-command='docmanager:save']").click()
    code = []
    for _ in range(60):
        code = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
        if all(cell.execution_count for cell in code):
            break
        page.wait_for_timeout(500)
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    assert not [each for cell in code for each in cell.outputs if each.output_type == "error"]
    assert complaints == []
    page.close()
