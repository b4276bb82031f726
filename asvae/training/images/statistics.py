"""BatchNorm's statistics of a trained run, estimated again for what is to be evaluated.

While a run trains, each batch is normalised by its own mean and variance: one of data, one of reconstructions, one of
samples. The running averages mix all of them and describe none, and scores taken with them are worse. Here every
network sees only what it is evaluated on, in batches of the size that it was trained with.
"""

import copy
import dataclasses
from collections.abc import Iterable, Iterator
from contextlib import nullcontext

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import update_bn

from asvae import draws
from asvae.datasets.images import ImageDataset
from asvae.networks import Networks
from asvae.training.run import sample

ESTIMATED_ON = 1_024
"""Images, or latents, that statistics are estimated on, but at least one batch and at most the training images."""

MODE = (
    f"estimated again on {ESTIMATED_ON:,}: for samples on prior draws, of the encoder on training images, "
    "for reconstructions on the latents of these, of the encoder of samples on samples"
)
"""What the protocol of a score calls it."""


def estimate_statistics(networks: Networks, dataset: ImageDataset, batch_size: int) -> None:
    """Estimate the decoder's statistics on prior draws, the encoder's on training images; deterministic.

    Reconstructions have statistics of their own, of the decoder on the posterior means of these images:
    :attr:`Networks.of_data`.
    """
    count = _count(dataset, batch_size)
    shape, decoder = (batch_size, networks.latent_dim), networks.modules["decoder"]
    prior = (draws.normal(draws.EVALUATION_SEED, k, "batch_norm/prior", shape) for k in range(count))
    if "encoder" in networks.modules:
        estimate(networks, networks.modules["encoder"], _real(dataset, count, batch_size))
        networks.modules["encoder"].eval()
        of_data = copy.deepcopy(decoder)
        posteriors = (networks.posterior(batch)[0] for batch in _real(dataset, count, batch_size))
        estimate(networks, of_data, posteriors)
        networks.of_data.update(of_data.named_buffers())
    estimate(networks, decoder, prior)


def posterior_of_samples(networks: Networks, n: int, dataset: ImageDataset, batch_size: int) -> tuple[Tensor, Tensor]:
    """Return ``mu`` and ``logvar``, ``(n, D)`` each, of samples, by an encoder with statistics of samples.

    In training too samples are encoded in batches of their own. Statistics of data would make them look likelier.
    """
    own = dataclasses.replace(networks, modules=copy.deepcopy(networks.modules))
    encoder = own.modules["encoder"]
    estimate(own, encoder, sample(networks, batch_size * _count(dataset, batch_size), 1).split(batch_size))
    encoder.eval()
    return own.posterior(sample(networks, n, 0))


def on_cpu(networks: Networks) -> Networks:
    """Return copies of networks to evaluate, on the CPU, in float32."""
    modules = {name: copy.deepcopy(module).to("cpu", torch.float32) for name, module in networks.modules.items()}
    of_data = {key: value.cpu() for key, value in networks.of_data.items()}
    return dataclasses.replace(networks, modules=modules, of_data=of_data, autocast=nullcontext)


def estimate(networks: Networks, module: nn.Module, batches: Iterable[Tensor]) -> None:
    """Estimate the statistics of a module of ``networks`` as averages over ``batches`` of its inputs."""
    with networks.autocast():
        update_bn((batch.to(networks.device, networks.dtype) for batch in batches), module)


def _count(dataset: ImageDataset, batch_size: int) -> int:
    return max(1, min(ESTIMATED_ON, len(dataset.images)) // batch_size)


def _real(dataset: ImageDataset, count: int, batch_size: int) -> Iterator[Tensor]:
    order = draws.generator(draws.EVALUATION_SEED, 0, "batch_norm/data").permutation(len(dataset.images))
    for k in range(count):
        yield torch.from_numpy(dataset.images[order[k * batch_size :][:batch_size]]) / 255.0
