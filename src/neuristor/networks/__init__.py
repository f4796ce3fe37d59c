"""Classifiers and spiking networks, the data they classify, and the spikes that pictures become."""

from .array_to_accuracy import array_to_accuracy
from .datasets import DATASETS, Dataset, load_dataset
from .device_updates import device_curve
from .encoding import Encoding, Latency, PoissonRate, RankOrder, RegularRate, SpikeList, recordings, round_trip
from .evaluation import Evaluation, evaluate
from .layers import AvgPool2d, Conv2d, Dense, Flatten, Layer, MaxPool2d, ReLU, SumPool2d, WeightedLayer
from .network import Network
from .operation_energy import OperationEnergy, energy
from .operations import operations
from .plasticity import PairSTDP, TripletSTDP, UpdateCurve
from .receptive_field import ReceptiveField
from .reference import reference_network, train
from .spiking_inference import LIFLayer, infer
from .trained import load_network, save_network
from .trials import trials
from .unsupervised import Homeostasis, UnsupervisedNetwork

__all__ = [
    "DATASETS",
    "AvgPool2d",
    "Conv2d",
    "Dataset",
    "Dense",
    "Encoding",
    "Evaluation",
    "Flatten",
    "Homeostasis",
    "LIFLayer",
    "Latency",
    "Layer",
    "MaxPool2d",
    "Network",
    "OperationEnergy",
    "PairSTDP",
    "PoissonRate",
    "RankOrder",
    "ReLU",
    "ReceptiveField",
    "RegularRate",
    "SpikeList",
    "SumPool2d",
    "TripletSTDP",
    "UnsupervisedNetwork",
    "UpdateCurve",
    "WeightedLayer",
    "array_to_accuracy",
    "device_curve",
    "energy",
    "evaluate",
    "infer",
    "load_dataset",
    "load_network",
    "operations",
    "recordings",
    "reference_network",
    "round_trip",
    "save_network",
    "train",
    "trials",
]
