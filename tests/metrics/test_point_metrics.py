"""The scores against an independent calculation in NumPy and torch."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812

from asvae import datasets, draws
from asvae.checks import InvalidArgumentError
from asvae.draws import EVALUATION_SEED
from asvae.metrics import latents
from asvae.metrics import points as metrics

BOARD = datasets.get("checkerboard")


def test_mutual_information_of_gaussians_is_that_of_the_channel_and_0_of_a_collapsed_posterior():
    generator = torch.Generator().manual_seed(0)
    mu, logvar = torch.randn(1_000, 2, generator=generator), torch.full((1_000, 2), -2.0)
    # z = mu + noise with independent dimensions: ½ ln(1 + signal/noise) nats each.
    assert latents.mutual_information(mu, logvar) == pytest.approx(np.log1p(np.exp(2.0)), abs=0.1)
    assert latents.mutual_information(torch.zeros(100, 2), torch.zeros(100, 2)) == pytest.approx(0.0, abs=1e-12)
    assert latents.mutual_information(mu, torch.full((1_000, 2), -30.0)) == pytest.approx(np.log(1_000), abs=1e-3)


def test_mutual_information_is_that_of_the_mixtures_densities_where_widths_differ():
    generator = torch.Generator().manual_seed(1)
    mu, logvar = torch.randn(2, 40, 3, generator=generator, dtype=torch.float64)
    noise = draws.normal(EVALUATION_SEED, 0, "mutual_information", (40, 3))
    posteriors = torch.distributions.Independent(torch.distributions.Normal(mu, torch.exp(0.5 * logvar)), 1)
    log_q = posteriors.log_prob((mu + torch.exp(0.5 * logvar) * noise)[:, None])
    expected = (log_q.diagonal() - log_q.exp().mean(1).log()).mean().item()
    assert latents.mutual_information(mu, logvar) == pytest.approx(expected, rel=1e-9)


def test_a_latent_is_dead_by_its_means_alone_and_each_kl_is_of_its_own_posteriors():
    generator = torch.Generator().manual_seed(0)
    mu, logvar = torch.randn(500, 4, generator=generator), torch.full((500, 4), -9.0)
    mu[:, 2] = 3.0 + 0.05 * mu[:, 2]
    scores = latents.latent_scores((mu, logvar), (torch.ones(7, 4), torch.zeros(7, 4)))
    assert scores["dead_latents"] == 0.25
    normal = torch.distributions.Normal
    kl = torch.distributions.kl_divergence(normal(mu, torch.exp(0.5 * logvar)), normal(0.0, 1.0)).sum(1).mean().item()
    assert (scores["kl_real"], scores["kl_fake"]) == (pytest.approx(kl, rel=1e-5), pytest.approx(2.0))


def test_no_latent_is_called_dead_or_alive_by_one_sample(recwarn):
    one = torch.zeros(1, 4), torch.zeros(1, 4)
    assert np.isnan(latents.latent_scores(one, one)["dead_latents"])
    two = torch.tensor([[0.0, 1.0, 0.0, 0.0], [0.0, 2.0, 0.0, 0.0]]), torch.zeros(2, 4)
    assert latents.latent_scores(two, one)["dead_latents"] == 0.75
    assert not recwarn


def test_a_latent_of_exactly_the_least_variance_is_alive(monkeypatch):
    monkeypatch.setattr(latents, "ACTIVE", 0.5)
    two = torch.tensor([[0.0, 0.0], [1.0, 0.5]]), torch.zeros(2, 2)
    assert latents.latent_scores(two, two)["dead_latents"] == 0.5


def test_information_is_estimated_from_the_first_thousand():
    mu, logvar = torch.randn(2, 1_200, 2, generator=torch.Generator().manual_seed(3))
    wanted = latents.mutual_information(mu[:1_000], logvar[:1_000])
    assert latents.latent_scores((mu, logvar), (mu, logvar))["mutual_information"] == wanted


def test_one_sample_has_no_information_on_its_latent():
    assert latents.mutual_information(torch.zeros(1, 2), torch.zeros(1, 2)) == 0.0


def test_the_edge_of_a_disc_is_not_within_it():
    rings = datasets.get("8gaussians")
    edge = rings.centres[0] + torch.tensor([0.0, rings.side / 2])
    inside = rings.centres[0] + torch.tensor([0.0, 0.999 * rings.side / 2])
    assert rings.region_of(torch.stack([edge, inside])).tolist() == [-1, 0]


def test_spread_is_1_of_the_truth_and_follows_a_factor():
    for factor in (1.0, 0.5):
        scores = metrics.score(lambda n, draw, f=factor: f * BOARD.sample(n, 7, draw), BOARD, n=100, draws=1)
        assert scores["spread"] == pytest.approx(factor, rel=0.01)


def by_hand(real, fake, bins=100, limit=4.0):
    """The estimator cell by cell: counts, densities, and the three sums."""
    area = (2 * limit / bins) ** 2
    density = []
    for points in (real, fake):
        counts = np.zeros((bins, bins))
        for x, y in points:
            if -limit <= x <= limit and -limit <= y <= limit:
                counts[min(int((x + limit) / (2 * limit) * bins), bins - 1)][
                    min(int((y + limit) / (2 * limit) * bins), bins - 1)
                ] += 1
        density.append(counts / counts.sum() / area)
    p, q = density
    m = (p + q) / 2
    kl = jsd = textbook = 0.0
    for a, b, c in zip(p.flat, q.flat, m.flat, strict=True):
        kl += a * (np.log(a) - np.log(b + 1e-14)) if a > 0 else 0.0
        jsd += 0.5 * c * (2 * np.log(c) - np.log(a + 1e-14) - np.log(b + 1e-14)) if c > 0 else 0.0
        textbook += 0.5 * area * sum(d * np.log(d / c) for d in (a, b) if d > 0)
    return kl / bins, jsd / bins, textbook


def test_histogram_scores_equal_an_independent_calculation():
    rng = np.random.default_rng(0)
    real, fake = BOARD.sample(3_000, seed=1).double().numpy(), rng.normal(0.0, 2.5, (3_000, 2))
    ours = metrics.histogram_scores(real, fake)
    assert np.allclose(ours, by_hand(real, fake), rtol=0, atol=1e-9)
    assert 0.0 < ours.jsd_textbook < np.log(2.0)


def test_histogram_scores_equal_the_kl_div_calls_of_the_released_evaluation():
    real, fake = BOARD.sample(5_000, seed=1), BOARD.sample(5_000, seed=2) + 0.1
    window = [[-4.0, 4.0]] * 2
    p, q = (
        torch.tensor(np.histogram2d(*t.double().numpy().T, bins=100, density=True, range=window)[0])
        for t in (real, fake)
    )
    kl = F.kl_div(torch.log(q + 1e-14), p, reduction="batchmean")
    halves = [F.kl_div(torch.log(h + 1e-14), 0.5 * (p + q), reduction="batchmean") for h in (p, q)]
    ours = metrics.histogram_scores(real, fake)
    assert ours.kl == pytest.approx(kl.item(), abs=1e-9)
    assert ours.jsd == pytest.approx(0.5 * sum(halves).item(), abs=1e-9)


def test_the_papers_kl_is_nats_times_a_constant_where_it_is_finite():
    p = np.repeat([[0.5, 0.5], [0.5, -0.5]], [300, 100], axis=0)
    q = np.repeat([[0.5, 0.5], [0.5, -0.5]], [100, 300], axis=0)
    nats = 0.75 * np.log(3.0) - 0.25 * np.log(3.0)
    assert metrics.histogram_scores(p, q).kl == pytest.approx(1.5625 * nats, rel=1e-9)


def test_truth_against_truth_is_the_known_floor():
    floor = metrics.floor(BOARD)
    assert floor["kl"] == pytest.approx(17.0, abs=0.2)
    assert floor["jsd"] == pytest.approx(8.1, abs=0.1)
    assert floor["kl_draw_sd"] == pytest.approx(0.37, abs=0.12)
    assert floor["jsd_draw_sd"] == pytest.approx(0.15, abs=0.05)
    assert floor["kl_large"] < 0.1
    assert floor["on_support"] == 1.0
    assert floor["modes_covered"] == 8
    assert floor["centroid_error"] < 0.02


def test_the_floor_is_the_score_of_other_draws_of_the_truth():
    wanted = metrics.score(lambda n, draw: BOARD.sample(n, EVALUATION_SEED + 1, draw), BOARD, draws=2, large=300)
    assert metrics.floor(BOARD, draws=2, large=300) == wanted
    assert metrics.floor(BOARD, draws=1, large=300)["kl"] != wanted["kl"]


def test_a_diverged_run_has_every_score_and_all_are_nan():
    normal = (torch.zeros(4, 2), torch.zeros(4, 2))
    for nothing, all_of_them in (
        (metrics.nothing(), metrics.score(lambda n, draw: torch.zeros(n, 2), BOARD, n=5, draws=1, large=5)),
        (latents.nothing(), latents.latent_scores(normal, normal)),
    ):
        assert list(nothing) == list(all_of_them)
        assert np.isnan(list(nothing.values())).all()


@pytest.mark.parametrize("fake", [np.full((10, 2), np.nan), np.full((10, 2), 100.0)])
def test_samples_that_cannot_be_scored_are_nan(fake, recwarn):
    assert np.isnan(metrics.histogram_scores(BOARD.sample(10, seed=0), fake)).all()
    assert not recwarn


def test_one_draw_has_no_noise_to_tell(recwarn):
    scores = metrics.score(lambda n, draw: BOARD.sample(n, 7, draw), BOARD, n=50, draws=1, large=50)
    assert np.isnan([scores["kl_draw_sd"], scores["jsd_draw_sd"]]).all()
    assert not recwarn


@pytest.mark.parametrize(
    ("arguments", "options", "named"),
    [
        ((np.zeros((3, 3)),) * 2, {}, "real"),
        ((np.zeros((3, 2), dtype=complex),) * 2, {}, "real"),
        ((torch.zeros(3, 2, dtype=torch.complex64),) * 2, {}, "real"),
        ((np.zeros((3, 2)),) * 2, {"bins": 0}, "bins"),
        ((np.zeros((3, 2)),) * 2, {"limit": -1.0}, "limit"),
        ((np.zeros((3, 2)),) * 2, {"limit": 1e200}, "limit"),
        ((np.zeros((3, 2)),) * 2, {"limit": 1e-200}, "limit"),
    ],
)
def test_histogram_scores_name_bad_input(arguments, options, named):
    with pytest.raises(InvalidArgumentError, match=f"^{named}: got"):
        metrics.histogram_scores(*arguments, **options)


def test_support_scores_know_a_shifted_square_and_a_missing_one():
    x = BOARD.sample(80_000, seed=0)
    kept = x[BOARD.mode(x) != 3]
    scores = metrics.support_scores(kept, BOARD)
    assert scores.modes_covered == 7
    assert scores.on_support == 1.0
    least = torch.cat([BOARD.centres, BOARD.centres[:1].expand(8, 2)])
    assert metrics.support_scores(least, BOARD).modes_covered == 8  # exactly half of their share is enough
    half = BOARD.centres[0] + torch.rand(10_000, 2, generator=torch.Generator().manual_seed(0)) * torch.tensor(
        [1.0, 2.0]
    )
    half = half - torch.tensor([0.0, 1.0])
    assert metrics.support_scores(half, BOARD).centroid_error == pytest.approx(0.5, abs=0.02)
    assert metrics.support_scores(half + torch.tensor([2.0, 0.0]), BOARD).on_support == 0.0
    assert np.isnan(metrics.support_scores(half + torch.tensor([2.0, 0.0]), BOARD).centroid_error)


def test_score_pairs_models_on_the_same_real_points_and_counts_its_draws():
    seen = []

    def sampler(n, draw):
        seen.append((n, draw))
        return BOARD.sample(n, EVALUATION_SEED + 2, draw)

    scores = metrics.score(sampler, BOARD, n=1_000, draws=3, large=2_000)
    assert seen == [(1_000, 0), (1_000, 1), (1_000, 2), (2_000, 3)]
    each = [
        metrics.histogram_scores(
            BOARD.sample(1_000, EVALUATION_SEED, d), BOARD.sample(1_000, EVALUATION_SEED + 2, d)
        ).kl
        for d in range(3)
    ]
    assert scores["kl"] == pytest.approx(np.mean(each))
    assert scores["kl_draw_sd"] == pytest.approx(np.std(each, ddof=1))
    large = metrics.histogram_scores(
        BOARD.sample(2_000, EVALUATION_SEED, 3), BOARD.sample(2_000, EVALUATION_SEED + 2, 3)
    )
    assert scores["kl_large"] == large.kl
