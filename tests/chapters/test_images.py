"""The chapter on images: its figures and tables, and the chapter itself from the real formats."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest

from asvae_book.chapters import image_scores, images
from asvae_book.studies import Cells
from tiny_data import write_celeba

BOOK = Path(__file__).parents[2] / "book"


@pytest.fixture
def cells(digits):
    return Cells({run.config.objective: [run] for run in digits})


@pytest.mark.slow
def test_figures_draw_every_method_and_name_what_diverged(digits, lost):
    titles = [axis.get_title() for axis in images.samples(digits).axes]
    assert titles[:4] == ["AS-IntroVAE", "S-IntroVAE", "WGAN-GP", "real"]
    assert len(images.reconstructions(digits).axes) == 5
    assert len(images.interpolations(digits).axes) == 4
    words = [text.get_text() for axis in images.samples([lost]).axes for text in axis.texts]
    assert words == [*(f"{name}\nnot run" for name in titles[:3]), "VAE\ndiverged, no images"]


def test_scores_have_a_row_per_method_and_what_real_images_and_noise_get(cells):
    table = image_scores.scores(cells)
    assert list(table.index) == [
        "VAE",
        "IntroVAE",
        "S-IntroVAE",
        "AS-IntroVAE",
        "WGAN-GP",
        "real against real",
        "noise",
    ]
    assert "seeds" not in table
    assert not [title for title in table.columns if "FID" in title]


def test_reconstructions_are_scored_of_methods_that_have_an_encoder(cells, digits):
    table = image_scores.reconstruction_scores(cells)
    assert list(table.index) == ["VAE", "IntroVAE", "S-IntroVAE", "AS-IntroVAE"]
    assert table.loc["VAE", "PSNR, dB"].startswith(f"{digits[0].scores['rec_psnr']:.1f}"[:2])


def test_diverged_runs_are_counted_and_left_out_of_the_means(cells, digits, lost, seeds):
    two = seeds(digits[0], [2.0, 4.0])
    row = image_scores.scores(Cells(cells | {"vae": [lost, *two]})).loc["VAE"]
    assert row["seeds"] == "3, 1 diverged"
    # Student's t at 97.5 % with one degree of freedom is 12.706; the standard error of 2 and 4 is 1.
    assert row["Fréchet distance"] == "3\u00a0±\u00a013"
    assert image_scores.scores(Cells(cells | {"vae": two})).loc["WGAN-GP", "seeds"] == "1"
    assert image_scores.scores(Cells({"vae": [lost]})).loc["VAE", "seeds"] == "1, 1 diverged"


def test_settings_and_cost_have_a_row_per_method(digits):
    names = [run.config.objective for run in digits]
    settings, cost = images.settings(digits), images.cost(names, "digits", "quick", 3, digits)
    assert list(settings.index) == list(cost.index)
    assert settings.loc["WGAN-GP", "warm-up"] == "0"
    assert cost.loc["VAE", "images"] == "48"
    # WGAN-GP's critic takes five batches before its generator takes one.
    assert cost.loc["WGAN-GP", "images"] == f"{48 * digits[-1].config.hyperparameters.critic_steps:,}"


def test_who_sees_more_data_for_as_many_updates_is_said(digits):
    [critic] = [run for run in digits if run.config.objective == "wgan-gp"]
    steps = critic.config.hyperparameters.critic_steps
    assert f"WGAN-GP sees {steps} times as many real images as the others." in images.budgets(digits)
    assert images.budgets([run for run in digits if run is not critic]) == ""
    longer = replace(critic, config=critic.config.replace(steps=4))
    assert images.budgets([digits[0], longer]) == ""


@pytest.mark.slow
def test_the_expected_cost_is_in_hours_where_there_are_any():
    table = images.cost(["vae", "wgan-gp"], "celeba128", "paper")
    assert table.columns[0] == "one core, estimated"
    assert all(time.endswith(" h") for time in table["GPU, estimated"])
    assert set(images.cost(["vae"], "digits", "quick", steps=2)["GPU, estimated"]) == {"under a minute"}


def test_a_protocol_names_every_classifier_that_scored(digits):
    stated = digits[0].provenance["protocol"]
    other = replace(
        digits[1], provenance=digits[1].provenance | {"protocol": stated | {"classifier_identity": "another"}}
    )
    said = image_scores.protocol([digits[0], other])
    assert f"classifier identity: {stated['classifier_identity']} or another;" in said
    assert f"samples: {stated['samples']};" in said


def test_dots_of_scores_lie_beside_what_real_images_get(digits, seeds):
    scores = [3.0, 5.0, 4.0]
    cells = Cells({"vae": seeds(digits[0], scores), "wgan-gp": [digits[-1]]})
    figure = image_scores.score_dots(cells)
    left, right = figure.axes
    assert [text.get_text() for text in left.get_yticklabels()] == ["VAE", "WGAN-GP"]
    floor, dots, mean, *_ = [list(line.get_xdata()) for line in left.lines]
    assert floor == [digits[0].scores["frechet_classifier_floor"]] * 2
    assert (dots, mean) == (scores, [4.0])
    assert list(right.lines[0].get_xdata()) == [1.0, 1.0]


def test_commands_fetch_first_and_train_on_a_gpu():
    said = images.commands(["vae", "wgan-gp"], "celeba128", "paper", 3, data_root="/my data").splitlines()
    assert said[0] == "asvae data celeba128 --data-root '/my data'"
    assert said[2].startswith(
        "asvae train --objective wgan-gp --dataset celeba128 --scale paper --seed 3 --device cuda"
    )
    for name in ("digits", "folder", "checkerboard"):  # nothing to fetch
        train = f"asvae train --objective vae --dataset {name} --scale quick"
        assert images.commands(["vae"], name, "quick") == train


@pytest.mark.slow
def test_papermill_runs_the_chapter_on_a_data_sets_own_files(tmp_path):
    """Faces have no labels, so that their judges learn rotations, and some scores are not there."""
    write_celeba(tmp_path / "files", count=40)
    command = [sys.executable, "-m", "papermill", str(BOOK / "images.ipynb"), "out.ipynb", "-p", "dataset", "celeba128"]
    command += ["-p", "data_root", str(tmp_path / "files"), "-p", "scale", "quick", "-p", "steps", "2"]
    command += ["-y", "objectives: [as-introvae, wgan-gp, vae]"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    out = nbformat.read(tmp_path / "out.ipynb", as_version=4)
    text = "".join(str(output.get("data", {})) for cell in out.cells for output in cell.get("outputs", []))
    assert "3 runs, all that were asked for." in text
    assert "Not run" not in text
