"""Images → features, for distances between sets of images: a small classifier trained here, and the Inception network.

The classifier needs no download: it learns the labels of the data set that is scored or, where there are none, which
way up an image is. Distances in its features compare models of one data set with each other. They are not FID, and
no number from the literature can stand beside them.
"""

from asvae.metrics.features.extractor import FeatureExtractor
from asvae.metrics.features.inception_network import VARIABLE, inception
from asvae.metrics.features.trained_classifier import classifier

__all__ = ["VARIABLE", "FeatureExtractor", "classifier", "inception"]
