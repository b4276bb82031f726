"""Networks for images: their size, what they depend on, and which images see each other in a batch."""

import dataclasses
import subprocess
import sys
import textwrap

import pytest
import torch
from torch import nn

from asvae import RunConfig, draws
from asvae.config import ImageRecipe
from asvae.config.presets import SCALES
from asvae.networks import image_networks
from asvae.networks.residual import ResidualBlock
from asvae.training.images.machinery import Machinery
from asvae.training.images.trainer import Trainer
from tiny_data import write_celeba

NAMES = ("encoder", "decoder", "critic")
SIZES = {
    "mnist": ((1, 28, 28), 928_512, 697_025),
    "cifar10": ((3, 32, 32), 3_382_848, 2_382_531),
    "celeba128": ((3, 128, 128), 18_461_504, 14_121_667),
    "celeba256": ((3, 256, 256), 23_182_144, 18_842_307),
}
"""Weights of Soft-IntroVAE's released encoder and decoder with the same channels and latents."""


def small(names=NAMES, seed=0, shape=(3, 16, 16)):
    return image_networks(names, shape, latent_dim=5, channels=(6, 8), seed=seed)


def images(n, seed=0, shape=(3, 16, 16)):
    return draws.uniform(seed, 0, "test", (n, *shape))


def apart(a, b):
    return max((x - y).abs().max().item() for x, y in zip(a, b, strict=True))


@pytest.mark.parametrize("dataset", SIZES)
def test_paper_networks_have_as_many_weights_as_those_released_for_soft_introvae(dataset):
    shape, *published = SIZES[dataset]
    recipe = SCALES[dataset]["paper"]
    assert RunConfig("vae", dataset, scale="paper").data().shape == shape
    networks = image_networks(NAMES, shape, recipe.latent_dim, recipe.wide, seed=0)
    counts = [sum(p.numel() for p in networks.parameters(name)) for name in NAMES]
    assert counts[:2] == published
    assert 0.5 * counts[0] < counts[2] < counts[0]
    if shape[-1] <= 32:
        x = images(2, shape=shape)
        mu, logvar = networks.encode(x)
        assert mu.shape == logvar.shape == (2, recipe.latent_dim)
        assert networks.decode(mu).shape == x.shape
        assert networks.criticise(x).shape == (2,)


def test_width_scales_the_channels_of_every_network():
    config = RunConfig("vae", "cifar10", scale="paper", width=0.25)
    assert config.recipe.wide == (16, 32, 64)
    narrow = image_networks(NAMES, (3, 32, 32), 128, config.recipe.wide, seed=0)
    for name in NAMES:
        widths = {m.out_channels for m in narrow.modules[name].modules() if isinstance(m, nn.Conv2d)}
        assert widths - {3} == {16, 32, 64}


@pytest.mark.parametrize(("before", "after", "norm"), [(3, 3, True), (4, 2, True), (4, 2, False)])
def test_a_block_that_enlarges_equals_the_enlarged_image_through_the_block(before, after, norm):
    torch.manual_seed(0)
    block = ResidualBlock(before, after, norm).double()
    x = torch.randn(2, before, 5, 3, dtype=torch.float64, requires_grad=True)
    large = x.repeat_interleave(2, dim=2).repeat_interleave(2, dim=3)
    wanted, got = block(large), block.enlarged(x)
    torch.testing.assert_close(got, wanted, rtol=0, atol=1e-12)
    weights = [x, *block.parameters()]
    upstream = torch.randn_like(wanted)
    for a, b in zip(
        torch.autograd.grad(got, weights, upstream), torch.autograd.grad(wanted, weights, upstream), strict=True
    ):
        torch.testing.assert_close(a, b, rtol=0, atol=1e-12)


def test_a_decoder_is_its_layers_in_sequence():
    decoder = small(("decoder",)).modules["decoder"].double()
    z = torch.randn(4, 5, dtype=torch.float64)
    wanted = z
    for layer in decoder:
        wanted = layer(wanted)
    torch.testing.assert_close(decoder(z), wanted, rtol=0, atol=1e-12)


def test_weights_follow_from_seed_and_name_and_from_nothing_else():
    torch.manual_seed(1)
    first = small().state()
    torch.manual_seed(2)
    alone, other = small(("decoder",)).state(), small(seed=1).state()
    assert alone
    assert all(torch.equal(first[key], value) for key, value in alone.items())
    drawn = [key for key, value in first.items() if value.is_floating_point() and value.unique().numel() > 2]
    assert {key.split(".")[0] for key in drawn} == set(NAMES)
    assert not any(torch.equal(first[key], other[key]) for key in drawn)
    # One stream under two names would give the same signs, whatever the bounds.
    signs = [first[f"{name}.weight"].sign().flatten()[:60] for name in ("encoder.body.0", "decoder.0", "critic.0")]
    assert torch.stack(signs).unique(dim=0).shape == (3, 60)


def test_initial_weights_are_uniform_in_the_bound_of_torch_layers():
    networks = image_networks(("encoder",), (1, 28, 28), 32, (64, 128), seed=0)
    for layer in networks.modules["encoder"].modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            bound = layer.weight[0].numel() ** -0.5
            assert layer.weight.abs().max() <= bound
            assert layer.weight.std().item() == pytest.approx(bound / 3**0.5, rel=0.05)


def test_batches_stay_apart_although_batchnorm_looks_at_a_whole_batch():
    x, far = images(4), 3.0 + images(4, seed=1)
    each, alone = small().encode_each(x, far), [small().encode(batch) for batch in (x, far)]
    assert all(torch.equal(a, b) for pair in zip(each, alone, strict=True) for a, b in zip(*pair, strict=True))
    together = [t.chunk(2) for t in small().encode(torch.cat([x, far]))]
    assert apart([t[0] for t in together], alone[0]) > 0.01
    z = draws.normal(0, 0, "test", (4, 5))
    far = 3.0 + z
    each, alone = small().decode_each(z, far), [small().decode(batch) for batch in (z, far)]
    assert all(torch.equal(a, b) for a, b in zip(each, alone, strict=True))


def test_a_critic_scores_every_image_by_itself():
    critic = small(("critic",))
    assert not any("Norm" in type(module).__name__ for module in critic.modules["critic"].modules())
    x = images(4)
    scores = critic.criticise(x)
    alone = torch.cat([critic.criticise(x[i : i + 1]) for i in range(4)])
    torch.testing.assert_close(scores, alone, rtol=1e-4, atol=1e-6)
    assert scores.unique().numel() == 4


def test_log_variances_are_bounded_and_means_are_not():
    encoder = small(("encoder",))
    with torch.no_grad():
        encoder.modules["encoder"].body[-1].weight.mul_(1e6)
    mu, logvar = encoder.encode(images(8))
    assert logvar.abs().max() == ImageRecipe().logvar_limit
    assert mu.abs().max() > 1e3
    assert logvar.exp().isfinite().all()


@pytest.mark.parametrize("limit", [0.0, 0.01])
def test_a_recipe_bounds_log_variances_on_points_where_it_says_so(limit):
    networks = RunConfig("vae", logvar_limit=limit).networks()
    _, logvar = networks.encode(torch.randn(1, 100, 2, generator=torch.Generator().manual_seed(0)))
    largest = logvar.abs().max().item()
    assert largest == pytest.approx(limit) if limit else largest > 0.01


def test_in_evaluation_no_image_depends_on_its_neighbours():
    networks, x, z = small(("encoder", "decoder")), images(6), draws.normal(0, 0, "test", (6, 5))
    for _ in range(3):
        networks.decode(networks.encode(images(6, seed=1))[0])
    training = networks.encode(x)[0], networks.encode(x[:2])[0]
    assert (training[0][:2] - training[1]).abs().max() > 0.01
    networks.evaluate()
    for several, one in (
        (networks.posterior(x), [torch.cat(part) for part in zip(*map(networks.posterior, x.split(1)), strict=True)]),
        ([networks.generate(z)], [torch.cat([networks.generate(part) for part in z.split(1)])]),
    ):
        for a, b in zip(several, one, strict=True):
            torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-5)


def test_passes_in_16_bits_give_float32():
    x, z = images(4), draws.normal(0, 0, "test", (4, 5))
    plain = small()
    mixed = dataclasses.replace(small(), autocast=lambda: torch.autocast("cpu", torch.bfloat16))
    for a, b in (
        (plain.encode(x), mixed.encode(x)),
        ([plain.decode(z)], [mixed.decode(z)]),
        ([plain.criticise(x)], [mixed.criticise(x)]),
    ):
        assert {t.dtype for t in b} == {torch.float32}
        assert 0.0 < apart(a, b) < 0.1


@pytest.mark.parametrize("objective", ["as-introvae", "wgan-gp"])
def test_a_step_in_16_bits_keeps_losses_and_weights_in_float32(objective):
    config = RunConfig(objective, "digits", width=1 / 16, latent_dim=4, batch_size=8, steps=4)
    exact, mixed = (Trainer(config, machinery=Machinery(precision=each)) for each in ("float32", "bfloat16"))
    for step in range(2):
        terms, wanted = mixed.step(step), exact.step(step)
    assert {term.dtype for term in terms.values()} == {torch.float32}
    assert all(value.isfinite().all() for value in mixed.state().values())
    assert {p.dtype for name in mixed.networks.modules for p in mixed.networks.parameters(name)} == {torch.float32}
    name = "reconstruction" if "reconstruction" in terms else "gradient_penalty"
    assert 0.0 < abs(terms[name] - wanted[name]) < 0.1 * wanted[name]


@pytest.mark.slow
@pytest.mark.parametrize("pixels", [128, 256])
def test_a_step_with_the_papers_channels_runs_on_a_cpu_in_little_memory(pixels, tmp_path):
    write_celeba(tmp_path, count=10)
    code = f"""
        import resource, torch
        torch.set_num_threads(1)
        from asvae import RunConfig
        from asvae.training.images.machinery import Machinery
        from asvae.training.images.trainer import Trainer
        config = RunConfig("as-introvae", "celeba{pixels}", scale="paper", batch_size=2)
        trainer = Trainer(config, machinery=Machinery(data_root={str(tmp_path)!r}))
        terms = trainer.step(0)
        finite = all(value.isfinite().all() for value in [*terms.values(), *trainer.state().values()])
        assert finite and trainer.divergence is None
        assert {{"loss_encoder", "loss_decoder", "as_distance"}} <= terms.keys()
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    """
    made = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True)
    assert made.returncode == 0, made.stderr
    assert int(made.stdout) < 6 * 1024**2
