"""Needs of a target, and what is committed of a run, for tests of the workflow."""

from asvae import RunConfig
from asvae.store.kept import Summary
from asvae_book.workflow.jobs import Job


def of(target, every):
    return [need for need in every if need.serves(target)]


def a_job(seeds):
    return Job("a", tuple(RunConfig("vae", seed=seed) for seed in range(seeds)), (0,))


def kept(config, fingerprint="0" * 12, seconds=36.0, hardware="here"):
    source = {"fingerprint": fingerprint, "seconds": seconds, "device": "cpu", "hardware": hardware}
    return Summary(config, None, {}, source)


def results_of(*made):
    return {each.config: each for each in made}
