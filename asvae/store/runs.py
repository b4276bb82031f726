"""Load or train: what was made is found again by configuration and numerics, what is missing is made and kept.

Whole runs lie in ``data/runs/``, this machine's own; results without weights in ``data/results/``, committed.
"""

import hashlib
import json
import warnings
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from asvae.checks import InvalidArgumentError, boolean, folder, integer, refuse
from asvae.config import RunConfig
from asvae.files import DATA, check_writable, remove_leftovers
from asvae.store.folders import load, save
from asvae.store.results import find, keep
from asvae.training.checkpoint import path_of, remove
from asvae.training.images.distributed import is_main_process
from asvae.training.images.machinery import Machinery
from asvae.training.numerics import fingerprint
from asvae.training.run import Result, Run
from asvae.training.sweep import StoppedError, check_configs, sweep
from asvae.training.train import check_device, check_machinery

READING_FIELDS = {"warmup", "logvar_limit"}
"""Fields of a recipe that make a run another reading, not a smaller one: its result may join the committed ones."""

ROOT = DATA / "runs"
"""Where finished runs of this machine are kept; never committed."""


def load_or_train(
    configs: Sequence[RunConfig],
    *,
    weights: bool = True,
    fresh: bool = False,
    device: str = "cpu",
    workers: int | None = None,
    root: Path = DATA,
    progress: bool = True,
    budget: float | None = None,
    machinery: Machinery | None = None,
) -> list[Run] | list[Result]:
    """Return a run for each of ``configs``: the stored one where there is one, else a new one, stored as it finishes.

    However it ends, calling it again goes on where it stopped, to the same results; a finished run is never repeated.

    Parameters
    ----------
    configs : sequence of RunConfig
        What is wanted.
    weights : bool
        Whether runs are wanted with their networks. Without, committed results are enough: they come first, and what
        is not among them yet joins them if it is a run of its scale's own size, on a whole published data set.
    fresh : bool
        Train everything anew, whatever is stored.
    device : str
        A torch device, for what is trained.
    workers : int, optional
        Processes; by default one for each core that this process may use.
    root : Path
        The folder that holds ``runs``, this machine's own, and ``results``, committed.
    progress : bool
        Show a bar while training.
    budget : float, optional
        Seconds after which training stops.
    machinery : Machinery, optional
        How runs on images are computed, and where their data lie.

    Returns
    -------
    list of Run or list of Result
        Results without ``weights``. In the order of ``configs``; ``run.provenance["origin"]`` is ``"loaded"`` or
        ``"computed here"``.

    Raises
    ------
    InvalidArgumentError
        If a configuration is not a RunConfig, a run does not fit into memory, a folder cannot be written to, or another
        argument is impossible.
    MissingDataError
        If a data set's files are absent.
    BudgetSpentError
        If the budget ended first; runs that had finished are stored.
    StoppedError
        If Ctrl-C or SIGTERM came first; a second Ctrl-C does not wait.
    NotWrittenError
        If a file cannot be written, as on a full disk.
    """
    boolean("fresh", fresh)
    boolean("weights", weights)
    if fresh and budget is not None:
        refuse("budget", budget, "none beside fresh=True, which never goes on from what is stored")
    check_machinery(machinery)
    configs, root, machinery = check_configs(configs), folder("root", root), machinery or Machinery()
    check_device(device)
    if workers is not None:
        integer("workers", workers, 1)
    runs, results = root / "runs", root / "results"
    found: dict[RunConfig, Result] = {} if fresh or weights else find(configs, results)

    def there(run: Run) -> None:
        found[run.config] = run
        of_its_size = run.config.overrides.keys() <= READING_FIELDS
        if not weights and is_main_process() and of_its_size and is_whole(run.config, machinery.data_root):
            keep(run, results)

    def finished(run: Run) -> None:
        if is_main_process():
            save(run, locate(run.config, runs, machinery))
        there(run)

    for config in () if fresh else _missing(configs, found):
        if (path := locate(config, runs, machinery)).is_dir():
            try:
                run = load(path)
                _check_data(run, machinery.data_root)
            except InvalidArgumentError as error:
                warnings.warn(f"{error} It is trained again.", stacklevel=2)
            else:
                there(run)
    if machinery.inception is not None:
        _warn_of_no_fid(found.values())
    missing = _missing(configs, found)
    checkpoints = runs / "unfinished"
    if missing and is_main_process():
        check_writable("root", *((runs, checkpoints) if weights else (runs, checkpoints, results)))
        remove_leftovers(runs, results, checkpoints, *checkpoints.glob("*/"))
    if fresh:
        images = [config for config in missing if config.kind == "images"]
        if is_main_process():
            for config in images:
                remove(path_of([config], checkpoints, device, machinery.data_root))
        # A stack of points is minutes; a run on images may be days, and is not lost because it began anew.
        checkpoints = checkpoints if len(images) == len(missing) else None
    options = {"device": device, "workers": workers, "progress": progress, "budget": budget, "machinery": machinery}
    try:
        sweep(missing, done=finished, checkpoints=checkpoints, **options)
    except StoppedError as stopped:
        if fresh:
            raise StoppedError(str(stopped).replace("same call", "same call, not fresh,"), stopped.number) from None
        raise
    return [found[config] for config in configs]


def _missing(configs: Sequence[RunConfig], found: Mapping[RunConfig, Result]) -> list[RunConfig]:
    return [config for config in dict.fromkeys(configs) if config not in found]


def _warn_of_no_fid(found: Collection[Result]) -> None:
    """Say how much of what is stored was scored without the Inception weights, which are given now."""
    without = [run for run in found if run.config.kind == "images" and not run.diverged and "fid" not in run.scores]
    if without:
        named = f"inception: {len(without)} of {len(found)} stored runs were scored without FID"
        warnings.warn(f"{named}; fresh=True trains them anew.", stacklevel=3)


def _check_data(run: Run, data_root: str | None) -> None:
    """Refuse a stored run on images that was trained on others than those that lie here now."""
    made_on, data = run.provenance.get("data"), run.config.data(data_root)
    if made_on is not None and data.available and data.fingerprint != made_on:
        raise InvalidArgumentError(f"data: got a stored run on {made_on}; allowed: one on {data.fingerprint}.")


def is_whole(config: RunConfig, data_root: str | None = None) -> bool:
    """Whether ``config`` is trained on the data set that its name says, all of it and here: what a result must be."""
    if config.kind == "points":
        return True
    data = config.data(data_root)
    return config.dataset != "folder" and data.available and len(data.images) == data.whole


def locate(config: RunConfig, root: Path = ROOT, machinery: Machinery | None = None) -> Path:
    """Return the folder of the run that ``config`` describes under today's numerics.

    A run on somebody's own images is one on these images alone, so they must be there.
    """
    identity = [config.identity(), fingerprint(config.objective, config.dataset)]
    if config.dataset == "folder":
        identity.append(config.data(machinery and machinery.data_root).fingerprint)
    text = json.dumps(identity, sort_keys=True)
    return root / f"{config.dataset}-{config.objective}-{config.scale}-{hashlib.sha256(text.encode()).hexdigest()[:16]}"
