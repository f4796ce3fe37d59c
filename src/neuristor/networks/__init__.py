"""Trained classifiers and the data they classify."""

from .array_to_accuracy import array_to_accuracy
from .datasets import DATASETS, Dataset, load_dataset
from .layers import AvgPool2d, Conv2d, Dense, Flatten, Layer, MaxPool2d, ReLU, SumPool2d, WeightedLayer
from .network import Network
from .reference import reference_network, train
from .trained import load_network, save_network

__all__ = [
    "DATASETS",
    "AvgPool2d",
    "Conv2d",
    "Dataset",
    "Dense",
    "Flatten",
    "Layer",
    "MaxPool2d",
    "Network",
    "ReLU",
    "SumPool2d",
    "WeightedLayer",
    "array_to_accuracy",
    "load_dataset",
    "load_network",
    "reference_network",
    "save_network",
    "train",
]
