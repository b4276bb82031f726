"""Features of images, to compare sets of images by: of a small classifier trained here, and of the Inception network.

The classifier needs no download: it learns the labels of the data set that is scored or, where there are none, by how
many quarter turns an image was rotated. Distances in its features compare models of one data set with each other. They
are not FID and cannot be compared with numbers from the literature.
"""

from asvae.metrics.features.extractor import FeatureExtractor
from asvae.metrics.features.inception_network import VARIABLE, inception
from asvae.metrics.features.trained_classifier import JUDGES, classifier, judges

__all__ = ["JUDGES", "VARIABLE", "FeatureExtractor", "classifier", "inception", "judges"]
