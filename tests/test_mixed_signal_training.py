"""Training: cached, taken up after a stop with the same bits; retraining for noise and on a chip; the reference networks."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from neuristor.errors import InputError
from neuristor.networks import load_dataset

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402

from neuristor.networks.mixed_signal import convert, evaluate, reference, retrain  # noqa: E402
from neuristor.networks.mixed_signal.models import RECIPES, Recipe  # noqa: E402
from neuristor.networks.mixed_signal.training import epochs_kept, moved, train  # noqa: E402

RECIPE = Recipe(RECIPES["digits"].build, "digits", True, epochs=4, batch=64)


def trained(data, path=None, seed=0, stop_at=1.0):
    """A small network trained, or stopped by an interruption at this share."""

    def tell(share):
        if share > stop_at:
            raise KeyboardInterrupt

    with torch.random.fork_rng():
        torch.manual_seed(7)
        module = RECIPE.build()
    train(module, data.x_train, data.y_train, RECIPE, seed, path=path, progress=tell)
    return module.state_dict()


def same(one, other):
    return all(torch.equal(one[key], other[key]) for key in one)


def test_a_stopped_training_goes_on_to_the_same_bits(digits, tmp_path):
    path, whole = tmp_path / "net.pt", trained(digits)
    for share in (0.3, 0.6):
        with pytest.raises(KeyboardInterrupt):
            trained(digits, path, stop_at=share)
    assert epochs_kept(path) == 2
    assert same(trained(digits, path), whole)
    assert not same(trained(digits, seed=1), whole)


def test_a_damaged_file_is_trained_anew(digits, tmp_path):
    path = tmp_path / "net.pt"
    path.write_bytes(b"half a file")
    assert same(trained(digits, path), trained(digits))


def test_result_does_not_depend_on_threads(digits):
    before, found = torch.get_num_threads(), []
    for count in (1, 2):
        torch.set_num_threads(count)
        found.append(trained(digits))
        assert torch.get_num_threads() == count
    torch.set_num_threads(before)
    assert same(*found)


KILLED = (
    "from neuristor.networks.mixed_signal import reference; reference('digits', progress=lambda s: print(s, flush=True))"
)


def test_a_killed_process_leaves_a_training_that_goes_on(tmp_path, monkeypatch):
    environment = {**os.environ, "NEURISTOR_CACHE": str(tmp_path), "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen([sys.executable, "-c", KILLED], env=environment, stdout=subprocess.PIPE, text=True)
    for line in process.stdout:
        if float(line) > 0.3:
            process.send_signal(signal.SIGKILL)
            break
    process.communicate()
    monkeypatch.setenv("NEURISTOR_CACHE", str(tmp_path))
    path = next((tmp_path / "networks").glob("mixed_signal_digits*.pt"))
    assert 10 <= epochs_kept(path) < 40
    shares = []
    resumed = reference("digits", progress=shares.append)
    assert shares[0] > 0.25
    path.unlink()
    assert same(resumed.state_dict(), reference("digits").state_dict())


def test_a_reference_is_trained_once(tmp_path, monkeypatch, digits):
    monkeypatch.setenv("NEURISTOR_CACHE", str(tmp_path))
    with torch.inference_mode():
        first = reference("digits", 3)
    begun = time.perf_counter()
    again = reference("digits", 3, progress=lambda share: pytest.fail("trained again"))
    assert time.perf_counter() - begun < 2
    assert same(first.state_dict(), again.state_dict())
    assert not again.training
    right = np.mean(first(torch.from_numpy(digits.x_test)).argmax(1).numpy() == digits.y_test)
    assert right > 0.88  # logistic regression on these digits: 0.90


@pytest.mark.parametrize(("name", "seed", "told"), [("mnist-fnc", 0, "did you mean 'mnist-fcn'"), ("digits", -1, "seed -1")])
def test_unknown_networks_and_seeds(name, seed, told):
    with pytest.raises(InputError, match=told):
        reference(name, seed)


def test_samples_are_shifted_and_mirrored_as_said():
    x = torch.rand(200, 1, 6, 5)
    recipe = Recipe(nn.Sequential, "", False, 1, shift=1, mirror=True)
    found = moved(x, recipe, np.random.default_rng(0))
    wide = nn.functional.pad(x, (1, 1, 1, 1))
    places = [(dy, dx, flip) for dy in range(3) for dx in range(3) for flip in (False, True)]
    counts = dict.fromkeys(places, 0)
    for k, image in enumerate(found):
        hits = []
        for dy, dx, flip in places:
            source = nn.functional.pad(x[k].flip(2), (1, 1, 1, 1)) if flip else wide[k]
            if torch.equal(source[:, dy : dy + 6, dx : dx + 5], image):
                hits.append((dy, dx, flip))
        assert len(hits) == 1
        counts[hits[0]] += 1
    assert all(abs(n - 200 / 18) < 4 * np.sqrt(200 / 18) for n in counts.values())


def test_a_chip_in_the_loop_makes_up_for_its_own_mismatch(digits):
    chip = convert(reference("digits"), bits=8, mismatch=0.4, seed=3)
    before = {key: value.clone() for key, value in chip.state_dict().items()}
    better = retrain(chip, digits, "chip", epochs=10)
    errors = [evaluate(one, digits, noise=[0.0], draws=2).quantised[0] for one in (chip, better)]
    clean = evaluate(chip, digits, noise=[0.0], draws=2).clean
    assert errors[0] - clean > 0.02
    assert errors[1] - clean < (errors[0] - clean) / 2
    assert same(chip.state_dict(), before)
    assert torch.equal(better[0].error, chip[0].error)
    assert same(retrain(chip, digits, "chip", epochs=10).state_dict(), better.state_dict())


def test_training_under_noise_helps_under_noise(digits):
    module = reference("digits")
    chip = convert(module, bits=8, noise_power=2e-4, full_scale="78 mV")
    better = retrain(chip, digits, "noise", epochs=10, rate=0.2)
    plain, aware = (evaluate(one, digits, noise=[2e-4], draws=10) for one in (chip, better))
    assert aware.error_high[0, 0] < plain.error_low[0, 0]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"how": "noisy"}, "did you mean 'noise'"),
        ({"epochs": 0}, "epochs = 0"),
        ({"rate": -1}, "above zero"),
        ({"images": 0}, "images = 0"),
        ({"chip": nn.Linear(64, 10)}, "a chip that convert made"),
    ],
    ids=lambda v: v if isinstance(v, str) else "",
)
def test_retraining_that_cannot_be_is_one_sentence(digits, options, told):
    with pytest.raises(InputError, match=told):
        retrain(**{"chip": convert(nn.Linear(64, 10)), "dataset": digits, **options})


@pytest.mark.slow
def test_the_fully_connected_network_knows_mnist():
    try:
        data = load_dataset("mnist")
    except InputError as missing:
        pytest.skip(str(missing))
    with torch.inference_mode():
        right = reference("mnist-fcn", data=data)(torch.from_numpy(data.x_test)).argmax(1).numpy() == data.y_test
    assert np.mean(right) >= 0.975
