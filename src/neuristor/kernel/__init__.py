"""From a model's equations to compiled lane kernels and solvers."""
