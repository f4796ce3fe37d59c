"""The installed version."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("neuristor")
except PackageNotFoundError:  # a source tree that was not installed
    __version__ = "0+source"
