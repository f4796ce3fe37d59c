"""Settings of the chain as tests need them."""

from neuristor.networks.stages import Settings


def settings(subject, **changes):
    """The defaults of `array_to_accuracy` for one chip of nominal neurons, some changed."""
    values = {
        "readout": "first_spike", "deadline": None, "sigmas": {}, "chips": 1, "seed": 0, "quantile": 0.999,
        "full_current": 4 * subject.scales().input, "headroom": 10.0, "bias_current": 0.0, "crossbar": {},
    }  # fmt: skip
    return Settings(subject=subject, **{**values, **changes})
