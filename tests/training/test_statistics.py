"""BatchNorm's statistics of a trained run: those of what is evaluated, nothing else, and the same each time."""

import pytest
import torch

from asvae import RunConfig, draws
from asvae.training.images import statistics
from asvae.training.images.statistics import estimate_statistics
from asvae.training.images.trainer import Trainer
from asvae.training.run import sample
from plain_images import SMALL

BATCH = 32


@pytest.fixture(scope="module")
def trainer():
    trainer = Trainer(RunConfig("s-introvae", "digits", **SMALL | {"warmup": 0.2}), dtype=torch.float64)
    for step in range(4):
        trainer.step(step)
    return trainer


@pytest.fixture
def networks(trainer):
    networks = trainer.shown()
    estimate_statistics(networks, trainer.dataset, BATCH)
    networks.evaluate()
    return networks


def inputs_of_the_first_norm(module, x):
    """Return what the first BatchNorm of a module is given."""
    seen = []
    norm = next(each for each in module.modules() if isinstance(each, torch.nn.BatchNorm2d))
    handle = norm.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    with torch.no_grad():
        module(x)
    handle.remove()
    return norm, seen[0]


def real(trainer, count):
    order = draws.generator(draws.EVALUATION_SEED, 0, "batch_norm/data").permutation(len(trainer.dataset.images))
    return torch.from_numpy(trainer.dataset.images[order[:count]]).double() / 255.0


def prior(count, dim):
    batches = [draws.normal(draws.EVALUATION_SEED, k, "batch_norm/prior", (BATCH, dim)) for k in range(count // BATCH)]
    return torch.cat(batches).double()


def test_means_are_those_of_prior_draws_training_images_and_their_latents(trainer, networks):
    count = statistics.ESTIMATED_ON
    images, decoder = real(trainer, count), networks.modules["decoder"]
    for module, x in (
        (networks.modules["encoder"], images),
        (decoder, prior(count, networks.latent_dim)),
    ):
        norm, seen = inputs_of_the_first_norm(module, x)
        torch.testing.assert_close(norm.running_mean, seen.mean((0, 2, 3)), rtol=1e-6, atol=1e-9)
        # Of batches, so without what their means differ by.
        batches = torch.stack([batch.transpose(0, 1).flatten(1).var(1) for batch in seen.split(BATCH)]).mean(0)
        torch.testing.assert_close(norm.running_var, batches, rtol=1e-6, atol=1e-12)
    first = next(key for key in networks.of_data if key.endswith("running_mean"))
    latents = networks.posterior(images)[0].double()
    _, seen = inputs_of_the_first_norm(decoder, latents)
    torch.testing.assert_close(networks.of_data[first], seen.mean((0, 2, 3)), rtol=1e-5, atol=1e-8)
    assert not torch.allclose(networks.of_data[first], dict(decoder.named_buffers())[first], rtol=1e-3)


def test_the_estimate_is_the_same_each_time_and_changes_no_weight(trainer, networks):
    again = trainer.shown()
    state = networks.state()
    estimate_statistics(again, trainer.dataset, BATCH)
    assert all(torch.equal(value, state[key]) for key, value in again.state().items())
    weights = trainer.networks.state()
    parameters = [f"encoder.{key}" for key, _ in trainer.networks.modules["encoder"].named_parameters()]
    assert parameters
    assert all(torch.equal(weights[key], state[key]) for key in parameters)


def test_reconstructions_have_their_own_statistics_and_keep_them_when_stored(trainer, networks):
    z = networks.posterior(real(trainer, 5))[0]
    sampled, reconstructed = networks.generate(z), networks.generate(z, of_data=True)
    assert not torch.allclose(sampled, reconstructed)
    stored = trainer.config.networks()
    for module in stored.modules.values():
        module.double()
    stored.load_state(networks.state())
    stored.evaluate()
    assert torch.equal(stored.generate(z, of_data=True), reconstructed)
    assert torch.equal(stored.generate(z), sampled)
    stored.load_state({key: value for key, value in networks.state().items() if not key.startswith("of_data")})
    assert torch.equal(stored.generate(z, of_data=True), sampled)


def test_a_critic_without_an_encoder_needs_no_data():
    trainer = Trainer(RunConfig("wgan-gp", "digits", **SMALL))
    networks = trainer.shown()
    assert networks.of_data == {}
    assert torch.isfinite(networks.generate(torch.zeros(2, networks.latent_dim))).all()


def test_samples_are_encoded_with_statistics_of_samples(trainer, networks):
    before = networks.state()
    mu, logvar = statistics.posterior_of_samples(networks, 6, trainer.dataset, BATCH)
    assert all(torch.equal(value, before[key]) for key, value in networks.state().items())
    own = trainer.config.networks()
    for module in own.modules.values():
        module.double()
    own.load_state(before)
    encoder = own.modules["encoder"]
    for layer in encoder.modules():
        if isinstance(layer, torch.nn.BatchNorm2d):
            layer.reset_running_stats()
            layer.momentum = None
    with torch.no_grad():
        for batch in sample(networks, statistics.ESTIMATED_ON, 1).double().split(BATCH):
            encoder(batch)
    encoder.eval()
    expected = own.posterior(sample(networks, 6, 0))
    torch.testing.assert_close((mu, logvar), expected)
    assert not torch.allclose(mu, networks.posterior(sample(networks, 6, 0))[0])
