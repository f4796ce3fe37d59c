"""Studies: sweeps and Monte Carlo runs from one file, stored so that they survive anything."""

from .plan import Plan, plan_of
from .spec import Study, read_study

__all__ = ["Plan", "Study", "plan_of", "read_study"]
