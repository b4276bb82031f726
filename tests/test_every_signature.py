"""Every public function with nonsense in each argument: it works, or refuses in one sentence on one line."""

import math
import sys
from functools import cache

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import asvae
from asvae import RunConfig, datasets, losses, objectives, schedules
from asvae.checks import InvalidArgumentError
from asvae.metrics import histogram_scores, latents, points
from tiny import SOAK, TINY

Z = torch.zeros(4, 2)
ONE = torch.ones(())
BOARD = datasets.get("checkerboard")
IMAGES = RunConfig("vae", "digits", latent_dim=1, width=0.01)


class _Thing:
    def __repr__(self):
        return "a\nthing\x1b[31m"


NONSENSE = [
    *(
        None,
        True,
        0,
        -1,
        3,
        10**30,
        0.5,
        -0.5,
        math.nan,
        math.inf,
        1e308,
        "",
        "x",
        "a\nb",
        b"x",
        (),
        [],
        [[]],
        {},
        set(),
    ),
    *(_Thing(), object, len, print, slice(1), range(3), 1j, [1, [2]], [None], ["x"], [math.nan], {"x": 1}),
    *(torch.zeros(0), torch.zeros(4), torch.zeros(4, 3), torch.zeros(3, 2), torch.zeros(2, 4, 2), torch.zeros(())),
    *(torch.zeros(4, 2, dtype=torch.int64), torch.zeros(4, 2, dtype=torch.bool), torch.full((4, 2), math.nan)),
    *(torch.zeros(4, 2, dtype=torch.complex64), torch.zeros(4, 2, dtype=torch.float64), torch.full((4, 2), -200.0)),
    *(torch.zeros(4, 2).to_sparse(), torch.zeros(4, 2, device="meta"), torch.zeros(4, device="meta")),
    *(torch.zeros(4, 2).to(torch.float8_e4m3fn), torch.zeros((), device="meta")),
]

CALLS = {
    "kl_divergence": (losses.kl_divergence, {"mu": Z, "logvar": Z}),
    "reconstruction_error": (losses.reconstruction_error, {"x": Z, "x_hat": Z, "event_dims": 1}),
    "exp_elbo": (
        losses.exp_elbo,
        {"reconstruction": Z[:, 0], "divergence": Z[:, 0], "scale": 0.5, "beta_rec": ONE, "beta_neg": ONE},
    ),
    "hinge": (losses.hinge, {"kl": Z[:, 0], "margin": ONE}),
    "reparameterize": (losses.reparameterize, {"mu": Z, "logvar": Z, "noise": Z}),
    "wasserstein_gap": (losses.wasserstein_gap, {"score_real": Z[:, 0], "score_fake": Z[:, 0]}),
    "gradient_penalty": (
        losses.gradient_penalty,
        {"critic": lambda x: x.sum(-1), "real": Z, "fake": Z, "mix": Z[:, 0], "event_dims": 1},
    ),
    "as_distance": (
        losses.as_distance,
        {
            **{"mu_a": Z, "logvar_a": Z, "mu_b": Z, "logvar_b": Z},
            **{"kernel": "marginal", "reduction": "mean", "statistic": "v"},
        },
    ),
    "constant": (schedules.constant, {"c": 0.5}),
    "tanh_ramp": (schedules.tanh_ramp, {"rate": 5.0}),
    "linear_ramp": (schedules.linear_ramp, {"rate": 5.0}),
    "schedules.get": (schedules.get, {"name": "half", "rate": 5.0}),
    "a schedule": (lambda progress: schedules.linear_ramp()(progress), {"progress": 0.5}),
    "datasets.get": (datasets.get, {"name": "folder", "root": None, "pixels": 16, "grey": True}),
    "sample": (lambda **given: datasets.get("checkerboard").sample(**given), {"n": 3, "seed": 0, "step": 0}),
    "objectives.get": (objectives.get, {"name": "vae"}),
    "histogram_scores": (histogram_scores, {"real": Z, "fake": Z, "bins": 4, "limit": 4.0}),
    "points.score": (
        lambda **given: points.score(lambda n, draw: torch.zeros(n, 2), datasets.get("checkerboard"), **given),
        {"n": 5, "draws": 1, "large": 5},
    ),
    "score of anything": (
        lambda **given: points.score(n=5, draws=1, large=5, **given),
        {"sample": lambda n, draw: torch.zeros(n, 2), "dataset": BOARD},
    ),
    "score of what is drawn": (
        lambda drawn: points.score(lambda n, draw: drawn, BOARD, n=4, draws=1, large=4),
        {"drawn": Z},
    ),
    "support_scores": (points.support_scores, {"points": Z, "dataset": BOARD}),
    "floor": (lambda dataset: points.floor(dataset, draws=1, large=5), {"dataset": BOARD}),
    "latent_scores": (latents.latent_scores, {"real": (Z, Z), "fake": (Z, Z)}),
    "mutual_information": (latents.mutual_information, {"mu": Z, "logvar": Z}),
    "networks": (
        lambda **given: [RunConfig("vae", width=2, depth=1).networks(**given), IMAGES.networks(**given)],
        {"seeds": None},
    ),
    "phase": (RunConfig().phase, {"step": 1}),
    "progress": (RunConfig().progress, {"step": 1}),
    "rate": (RunConfig().recipe.rate, {"step": 1}),
    "RunConfig": (
        RunConfig,
        {
            **{"objective": "as-introvae", "dataset": "checkerboard", "scale": "quick", "seed": 0, "steps": 3},
            **{"reading": "paper", "beta_kl": 0.1, "schedule": "half", "width": 4, "squash_kl": True, "warmup": 0.1},
        },
    ),
    "replace": (RunConfig().replace, {"seed": 1, "latent_dim": 2}),
    "Machinery": (
        asvae.Machinery,
        {"data_root": None, "precision": None, "channels_last": True, "compiled": False, "threads": 1, "alone": True}
        | {"inception": None},
    ),
    "train": (lambda **given: asvae.train(progress=False, **given), {"config": None, "device": "cpu"}),
    "sweep": (
        lambda **given: asvae.sweep(progress=False, **given),
        {"configs": [], "device": "cpu", "workers": 1, "done": None, "checkpoints": None, "budget": None},
    ),
    "load_or_train": (
        lambda **given: asvae.load_or_train(progress=False, **given),
        {"configs": [], "device": "cpu", "workers": 1, "budget": None, "root": "/nowhere"},
    ),
    "load": (asvae.load, {"path": "/nowhere"}),
    "results": (asvae.results, {"dataset": "checkerboard", "scale": "paper", "root": "/nowhere"}),
    "Run.sample": (lambda **given: _run().sample(**given), {"n": 2, "seed": 0}),
    "Run.encode": (lambda x: _run().encode(x), {"x": Z}),
    "Run.reconstruct": (lambda x: _run().reconstruct(x), {"x": Z}),
    "Run.interpolate": (lambda **given: _run().interpolate(**given), {"x_a": Z[0], "x_b": Z[0], "steps": 2}),
}
LARGE = {
    ("sample", "n"),
    ("points.score", "n"),
    ("points.score", "large"),
    ("points.score", "draws"),
    ("Run.sample", "n"),
}
"""What asks for as much work as it says is not asked for much."""


SLOPE = torch.ones(4, requires_grad=True)


def _penalty(critic=lambda x: x.sum(-1), mix=Z[:, 0]):
    return losses.gradient_penalty(critic, Z, Z, mix)


@cache
def _run():
    return asvae.train(RunConfig("vae", **TINY | {"steps": 1}), progress=False)


def _answers(name, given):
    """Call it; whatever it refuses it refuses as promised."""
    function, usual = CALLS[name]
    said = "fine."
    try:
        function(**usual | given)
    except InvalidArgumentError as error:
        said = str(error)
    except BaseException as error:
        raise AssertionError(f"{name}({given}): {type(error).__name__}: {error}") from error
    assert said.isprintable(), (name, given)
    assert said.endswith((".", ")")), (name, given, said)


@pytest.mark.parametrize("name", CALLS)
def test_nonsense_in_any_argument_is_refused_in_one_sentence_or_works(name):
    for argument in CALLS[name][1]:
        for value in NONSENSE:
            # What a function of the caller's own raises is the caller's.
            theirs = argument in ("critic", "sample") and callable(value)
            large = (name, argument) in LARGE and isinstance(value, int) and value > 10**6
            if not theirs and not large:
                _answers(name, {argument: value})


@settings(max_examples=150 * SOAK, deadline=None, derandomize=SOAK == 1, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_nonsense_in_several_arguments_is_refused_in_one_sentence_or_works(data):
    name = data.draw(st.sampled_from(sorted(CALLS)))
    arguments = (
        data.draw(st.sets(st.sampled_from(sorted(CALLS[name][1])), min_size=2)) if len(CALLS[name][1]) > 1 else ()
    )
    anything = st.sampled_from(NONSENSE) | st.text(max_size=5) | st.integers(-9, 9) | st.floats()
    left_out = {*LARGE, ("gradient_penalty", "critic"), ("score of anything", "sample")}
    _answers(name, {argument: data.draw(anything) for argument in arguments if (name, argument) not in left_out})


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (
            lambda: losses.exp_elbo(Z[:, 0], Z[:3, 0], scale=0.5, beta_rec=ONE, beta_neg=ONE),
            "exp_elbo: got [(4,), (3,)",
        ),
        (lambda: losses.exp_elbo(Z[:, 0], Z[:, 0], scale=math.nan, beta_rec=ONE, beta_neg=ONE), "scale: got nan"),
        (lambda: losses.exp_elbo(Z[:, 0], Z[:, 0], scale=0.5, beta_rec=0.1, beta_neg=ONE), "beta_rec: got 'float'"),
        (lambda: losses.hinge(Z, torch.ones(3)), "hinge: got [(4, 2), (3,)]"),
        (lambda: losses.reparameterize(Z, Z, Z[:1]), "reparameterize: got [(4, 2), (4, 2), (1, 2)]"),
        (
            lambda: losses.reparameterize(ONE, ONE, ONE),
            "reparameterize: got [(), (), ()]; allowed: equal shapes (..., B)",
        ),
        (lambda: losses.wasserstein_gap(Z, Z[:3]), "wasserstein_gap: got [(4, 2), (3, 2)]"),
        (lambda: losses.gradient_penalty(torch.sum, Z, Z, 7), "mix: got 'int'; allowed: a torch.Tensor"),
        (lambda: losses.gradient_penalty(torch.sum, Z, Z, Z), "gradient_penalty: got [(4, 2), (4, 2), (4, 2)]"),
        (lambda: losses.hinge(Z[:, 0].to_sparse(), ONE), "kl: got 'a torch.sparse_coo tensor'; allowed: a dense"),
        (
            lambda: losses.kl_divergence(Z, Z.to("meta")),
            "mu, logvar: got 'cpu, meta'; allowed: tensors on one device.",
        ),
        (
            lambda: losses.kl_divergence(Z.to(torch.float8_e5m2), Z),
            "mu: got 'a tensor of torch.float8_e5m2'; allowed: a ",
        ),
        (lambda: _penalty(mix=Z[:, 0] + 2.0), "mix: got '2 to 2'; allowed: numbers from 0 to 1."),
        (lambda: _penalty(mix=Z[:, 0] - 1.0), "mix: got '-1 to -1'; allowed: numbers from 0 to 1."),
        (lambda: _penalty(mix=Z[:, 0] * math.nan), "mix: got 'nan to nan'; allowed: numbers from 0 to 1."),
        (lambda: _penalty(lambda x: 3.0), "critic's scores: got 'float'; allowed: a torch.Tensor"),
        (lambda: _penalty(lambda x: Z[:, 0]), "critic: got 'scores that do not depend on the samples'; allowed"),
        (lambda: _penalty(lambda x: SLOPE * 2.0), "critic: got 'scores that do not depend on the samples'; allowed"),
        (
            lambda: points.score(lambda n, draw: Z[:0], BOARD),
            "sample(5000, 0): got (0, 2); allowed: a tensor of shape ",
        ),
        (
            lambda: points.score(lambda n, draw: [[0.0, 0.0]] * n, BOARD),
            "sample(5000, 0): got 'list'; allowed: a torch",
        ),
        (lambda: points.score(None, BOARD), "sample: got None; allowed: a function of n and draw."),
        (lambda: points.score(print, "checkerboard"), "dataset: got 'checkerboard'; allowed: a data set of points, su"),
        (lambda: points.score(print, datasets.get("digits")), "dataset: got <asvae.datasets.digits.Digits "),
        (lambda: points.support_scores(Z[:0], BOARD), "points: got (0, 2); allowed: a tensor of shape (N, 2)."),
        (lambda: points.support_scores(torch.zeros(3, 3), BOARD), "points: got (3, 3); allowed: a tensor of shape (N"),
        (lambda: points.support_scores(Z.numpy(), BOARD), "points: got 'ndarray'; allowed: a torch.Tensor"),
        (lambda: points.floor(3), "dataset: got 3; allowed: a data set of points, such as"),
        (lambda: latents.latent_scores(None, None), "real: got None; allowed: a pair of mu and logvar."),
        (lambda: latents.mutual_information(Z[:0], Z[:0]), "mu and logvar: got [(0, 2), (0, 2)]; allowed: mu and "),
        (lambda: latents.mutual_information([0.0], Z), "mu: got 'list'; allowed: a torch.Tensor of floating-point"),
        (lambda: RunConfig().networks([]), "seeds: got []; allowed: a non-empty list of whole numbers."),
        (lambda: RunConfig().networks("ab"), "seeds: got 'ab'; allowed: a non-empty list of whole numbers."),
        (lambda: RunConfig().networks([-1]), "seeds: got -1; allowed: a whole number from 0 to 4294967295."),
        (lambda: RunConfig("vae", "digits").networks([1, 2]), "seeds: got [1, 2]; allowed: one seed for images."),
        (lambda: RunConfig().phase("x"), "step: got 'x'; allowed: a whole number from 0 up."),
        (lambda: RunConfig().progress(None), "step: got None; allowed: a whole number from 0 up."),
        (lambda: RunConfig().recipe.rate("x"), "step: got 'x'; allowed: a whole number from 0 up."),
        (lambda: _run().encode(Z.to_sparse()), "x: got 'Tensor'; allowed: finite real numbers of shape (N, 2)."),
        (lambda: _run().encode(Z.to("meta")), "x: got 'Tensor'; allowed: finite real numbers of shape (N, 2)."),
        (torch.no_grad()(lambda: _penalty()), "gradient_penalty: got 'torch.no_grad'; allowed: a call outside of it."),
        (lambda: losses.as_distance(*[Z.long()] * 4), "mu_a: got 'a tensor of torch.int64'"),
        (lambda: schedules.get("half", rate=math.nan), "rate: got nan; allowed: a number above 0"),
        (lambda: datasets.get("folder", 3), "root: got 3; allowed: the path of a folder."),
        (lambda: asvae.load(None), "path: got None; allowed: the path of a folder."),
        (lambda: asvae.results(root=None), "root: got None; allowed: the path of a folder."),
        (lambda: asvae.load_or_train(None), "configs: got None; allowed: a list of asvae.RunConfig."),
        (lambda: asvae.sweep([RunConfig()], done="x"), "done: got 'x'; allowed: a function of a run, or None."),
        (lambda: asvae.Machinery(compiled=[1]), "compiled: got [1]; allowed: True or False."),
        (lambda: asvae.Machinery(threads=100_000), "threads: got 100000; allowed: a whole number from 1 to "),
        (lambda: asvae.train(RunConfig(width=200_000)), "size: got 'width=200000'; allowed: what fits into the "),
        (
            lambda: asvae.train(RunConfig(depth=100_000_000)),
            "size: got 'depth=100000000'; allowed: what fits into the ",
        ),
        (lambda: asvae.train(RunConfig(latent_dim=10**12)), "size: got 'latent_dim=1000000000000'; allowed: what fits"),
        (lambda: asvae.train(RunConfig("vae", "digits", width=1e4)), "size: got 'width=10000.0'; allowed: what fits"),
        (lambda: asvae.train(RunConfig("vae", "digits", width=1e9)), "size: got 'width=1000000000.0'; allowed: what f"),
        (
            lambda: RunConfig("vae", "mnist", width=1e308),
            "width: got 1e+308; allowed: a number above 0 and at most 1e+",
        ),
        *(
            (lambda name=name: RunConfig(**{name: 10**400}), f"{name}: got 1{400 * '0'}; allowed: a whole number from")
            for name in ("width", "depth", "latent_dim", "batch_size", "steps")
        ),
        (lambda: RunConfig("vae", "digits", channels=[8, 10**400]), "channels: got 1000"),
        *(
            (lambda name=name: asvae.train(RunConfig(**{name: sys.maxsize})), f"size: got '{name}={sys.maxsize}'; all")
            for name in ("width", "depth", "latent_dim", "batch_size")
        ),
        (lambda: _run().sample(10**12), "size: got 'n=1000000000000'; allowed: what fits into the "),
        (lambda: BOARD.sample(10**12, 0), "size: got 'n=1000000000000'; allowed: what fits into the "),
        (lambda: points.score(BOARD.sample, BOARD, n=10**13), "size: got 'n=10000000000000'; allowed: what fits into"),
        (lambda: points.score(BOARD.sample, BOARD, large=10**13), "size: got 'large=10000000000000'; allowed: what f"),
        (lambda: asvae.train(RunConfig(), machinery="x"), "machinery: got 'x'; allowed: an asvae.Machinery, or None."),
        (lambda: asvae.sweep([], machinery="x"), "machinery: got 'x'; allowed: an asvae.Machinery, or None."),
        (lambda: asvae.load_or_train([], machinery=0), "machinery: got 0; allowed: an asvae.Machinery, or None."),
        (lambda: _run().encode(torch.full((1, 2), math.nan)), "x: got '(1, 2) with values that are not finite'"),
        (lambda: _run().interpolate(None, Z[0]), "x_a: got 'list'; allowed: finite real numbers of shape (N, 2)."),
        (lambda: _run().encode(1j * Z), "x: got 'complex64'; allowed: finite real numbers of shape (N, 2)."),
    ],
)
def test_what_was_accepted_or_ended_in_a_traceback_is_a_sentence(call, says):
    with pytest.raises(InvalidArgumentError) as caught:
        call()
    assert str(caught.value).startswith(says)


def test_a_rank_that_is_no_number_is_a_sentence(monkeypatch):
    monkeypatch.setenv("RANK", "abc")
    with pytest.raises(InvalidArgumentError, match=r"^RANK: got 'abc'; allowed: a whole number, as torchrun sets it"):
        asvae.train(RunConfig(), progress=False)


def test_every_public_name_is_called_here():
    public = {*losses.__all__, *asvae.__all__, "get"} - {"Result", "Run"}
    assert public <= {name.split(".")[-1] for name in CALLS}
