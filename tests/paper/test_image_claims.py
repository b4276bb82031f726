"""G1 to G4: verdicts that follow the numbers; whose data and sizes a claim is about."""

from dataclasses import replace

import pytest
import torch

from asvae import RunConfig
from asvae.training.run import Result
from asvae_book.paper.claims import (
    CLAIM,
    IMAGE_CLAIM,
    image_comparisons,
    image_sentences,
    reconstruction_comparisons,
)
from asvae_book.studies import Cells


@pytest.fixture
def cells(run):
    """Five seeds per method on digits: AS-IntroVAE lies nearest to real images."""

    def at(objective, scores):
        return [
            Result(
                config=RunConfig(objective, "digits", seed=seed),
                divergence=None,
                scores={"frechet_classifier": score},
                history={},
                samples=torch.zeros(0, 1, 16, 16),
                pictures={},
                provenance=run.provenance,
            )
            for seed, score in enumerate(scores)
        ]

    return Cells(
        {
            "as-introvae": at("as-introvae", [5.0, 5.1, 5.2, 5.3, 5.4]),
            "s-introvae": at("s-introvae", [6.0, 6.1, 6.3, 6.3, 6.4]),
            "wgan-gp": at("wgan-gp", [7.0, 7.1, 7.3, 7.3, 7.4]),
        }
    )


def test_images_are_judged_against_both_rivals_over_shared_seeds(cells):
    judge = CLAIM["G3"].judge
    assert judge(cells).verdict == "reproduced"
    worse = [replace(run, scores={"frechet_classifier": 6.5 + run.config.seed / 100}) for run in cells["as-introvae"]]
    lost = judge(Cells(cells | {"as-introvae": worse}))
    assert (lost.verdict, list(lost.comparisons["says"])) == ("not reproduced", ["does not hold", "holds"])
    assert judge(Cells()).verdict == "not run"
    assert judge(cells.select(["as-introvae"])).verdict == "not run"
    assert judge(Cells({name: runs[:4] for name, runs in cells.items()})).verdict == "inconclusive"


def test_what_the_judges_disagree_about_is_not_decided(cells):
    def judged(*offsets):
        def score(run):
            ours = run.config.objective == "as-introvae"
            each = {
                f"frechet_classifier_judge{i}": run.scores["frechet_classifier"] + ours * o
                for i, o in enumerate(offsets)
            }
            return replace(run, scores=run.scores | each)

        return CLAIM["G3"].judge(Cells({name: [score(run) for run in runs] for name, runs in cells.items()})).verdict

    assert judged(0.0, 0.1, -0.1) == "reproduced"
    assert judged(0.0, 0.1, 9.0) == "inconclusive"


def test_fid_judges_only_where_every_run_has_it(cells):
    """By FID AS-IntroVAE is the worst here; where one rival lacks it, the other distance decides."""
    fid = {"as-introvae": 3.0, "s-introvae": 2.0, "wgan-gp": 1.0}
    every = Cells(
        {
            name: [replace(run, scores=run.scores | {"fid": fid[name] * (1 + run.config.seed / 100)}) for run in runs]
            for name, runs in cells.items()
        }
    )
    assert CLAIM["G3"].judge(every).verdict == "not reproduced"
    mixed = CLAIM["G3"].judge(Cells(every | {"wgan-gp": cells["wgan-gp"]})).comparisons
    assert list(mixed["says"]) == ["does not hold", "holds"]
    assert [what for _, what in mixed.index] == [
        "AS-IntroVAE − this, FID",
        "AS-IntroVAE − this, Fréchet distance, classifier features",
    ]


def test_sentences_rank_methods_and_say_whose_data_the_claim_is_about(cells):
    rank, said = image_sentences(cells)
    assert list(image_comparisons(cells)["says"]) == ["holds", "holds"]
    assert rank.endswith("best first): AS-IntroVAE 5.2; S-IntroVAE 6.22; WGAN-GP 7.22.")
    assert said.startswith(f"{IMAGE_CLAIM}, as G1, G2, G3, G4 claim of other data or sizes: on digits at quick")
    assert "**reproduced** (S-IntroVAE: AS-IntroVAE − this, Fréchet distance, classifier features −1.02 (" in said

    def moved(scale="paper", **changes):
        return Cells(
            {
                name: [replace(run, config=RunConfig(name, "mnist", scale, run.config.seed, **changes)) for run in runs]
                for name, runs in cells.items()
            }
        )

    assert image_sentences(moved())[1].startswith(f"**G3**, {IMAGE_CLAIM}: on MNIST at paper scale **reproduced**")
    assert "claim of other data or sizes: on MNIST" in image_sentences(moved(steps=9))[1]
    assert "claim of other data or sizes: on MNIST at quick" in image_sentences(moved("quick"))[1]
    printed = "The order that the paper prints, by FID: AS-IntroVAE 96.16, S-IntroVAE 98.84, WGAN-GP 139.02."
    assert image_sentences(moved())[0].endswith(printed)
    assert "**M2** rests on the same" in image_sentences(moved())[1]
    assert "**M2**" not in said
    assert "**M3**, AS-IntroVAE reconstructs better than S-IntroVAE: on digits at quick scale **" in said
    assert list(reconstruction_comparisons(cells).index) == [
        f"AS-IntroVAE − this, {measure}" for measure in ("PSNR, dB", "SSIM", "MSE")
    ]
    other = Cells({"vae": [replace(run, config=run.config.replace(seed=0)) for run in cells["wgan-gp"][:1]]})
    assert "**not run**" in image_sentences(other)[1]


def test_reconstructions_are_claimed_to_be_better_only_where_the_paper_prints_it(run):
    def judged(dataset):
        def at(objective, better):
            scores = {"rec_psnr": 20.0 + better, "rec_ssim": 0.5 + better / 10, "rec_mse": 0.02 - better / 100}
            config = RunConfig(objective, dataset, "reduced" if dataset == "cifar10" else "paper")
            return [replace(run, config=config, scores=scores, history={})]

        cells = Cells({"as-introvae": at("as-introvae", 1.0), "s-introvae": at("s-introvae", 0.0)})
        return [name.rpartition(", ")[2] for _, name in CLAIM["M3"].judge(cells).comparisons.index]

    assert judged("celeba128") == ["dB", "SSIM", "MSE"]
    assert judged("cifar10") == ["dB", "SSIM"]
    assert judged("celeba256") == ["dB", "MSE"]
