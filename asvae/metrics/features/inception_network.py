"""The Inception network of FID and KID, from a file whose checksum is verified."""

import hashlib
import io
import os
from pathlib import Path

import torch
from torch import Tensor, nn

from asvae.checks import refuse
from asvae.metrics.features.extractor import FeatureExtractor

URL = "https://github.com/toshas/torch-fidelity/releases/download/v0.2.0/weights-inception-2015-12-05-6726825d.pth"
"""The weights that published FIDs are computed with, converted from TensorFlow's by torch-fidelity: 96 MB."""
SHA256 = "6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2"
VARIABLE = "ASVAE_INCEPTION"
"""The environment variable that may give the file's path."""


class _Inception(nn.Module):
    """torch-fidelity's network, for images of one channel or three."""

    def __init__(self, data: bytes):
        super().__init__()
        from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3  # seconds to import

        with torch.random.fork_rng(devices=[]):
            self.network = FeatureExtractorInceptionV3("inception-v3-compat", ["2048"], io.BytesIO(data))

    def forward(self, images: Tensor) -> Tensor:
        return self.network(images.expand(-1, 3, -1, -1))[0]


def inception(path: str | Path | None = None, device: str = "cpu", download: bool = False) -> FeatureExtractor:
    """Return the 2,048 features of the Inception network that FID and KID are defined by (Heusel et al. 2017).

    The network is torch-fidelity's, with its own resize (bilinear to 299 pixels as in TensorFlow 1); grey images are
    repeated to three channels.

    Parameters
    ----------
    path : path, optional
        The file of its weights; by default the path in the environment variable ``ASVAE_INCEPTION``, else torch hub's
        copy.
    device : str
        Device that computes the features.
    download : bool
        Whether to fetch the file to that path if it is absent. Nothing is fetched otherwise.

    Raises
    ------
    InvalidArgumentError
        If the file is absent or cannot be fetched, or is not the published one by its SHA-256.
    """
    named = path or os.environ.get(VARIABLE)
    file = Path(named) if named else Path(torch.hub.get_dir(), "checkpoints", URL.rpartition("/")[2])
    # Unlike Path.is_file, it raises for no name.
    if not os.path.isfile(file) and download:
        _fetch(file)
    if not os.path.isfile(file):
        refuse("inception", str(file), f"the file from {URL}, its path given here or in {VARIABLE}")
    data = file.read_bytes()
    # Before anything is unpickled: what torch-fidelity loads could run code.
    if (digest := hashlib.sha256(data).hexdigest()) != SHA256:
        published = f"the file from {URL}, whose SHA-256 begins with {SHA256[:8]}"
        refuse("inception", f"{file} (SHA-256 {digest[:8]}…)", published)
    name = "Inception-v3 of FID (TensorFlow's weights of 2015-12-05, by torch-fidelity)"
    resize = "torch-fidelity's: bilinear to 299 pixels as in TensorFlow 1"
    return FeatureExtractor(_Inception(data), 2048, name, digest[:12], resize).to(device)


def _fetch(file: Path) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        torch.hub.download_url_to_file(URL, str(file), hash_prefix=SHA256)
    except (OSError, RuntimeError, ValueError) as error:
        reason = " ".join(str(error).split()).rstrip(".")
        allowed = f"a place that {URL} can be fetched to, or a copy of it ({reason})"
        refuse("inception", str(file), allowed)
