"""The compiled kernel of a device model: terminal voltages in, currents, charges and derivatives added to the circuit.

One call serves all instances of a model in a block of W lanes. The kernel reads terminal voltages from the flat array
X, and adds to X: currents + alpha charges to the residual, charges to the charge vector, G + alpha C to the matrix and
C to the charge matrix, at the places that the circuit's index table names; alpha is the leading coefficient of the
time derivative (0 for direct current).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import casadi as ca
import numpy as np
from llvmlite import ir

from .split import Split
from .vector_ir import DOUBLE, I64, Body, Vectors, compiled, vector_width, with_width

NAME = "device"


@dataclass(frozen=True)
class Table:
    """Index table of one instance: where its terminals' entries lie in X (element offsets).

    voltage, residual, charge: (n,);  matrix, charge_matrix: (n, n)
    """

    voltage: list[int]
    residual: list[int]
    charge: list[int]
    matrix: list[list[int]]
    charge_matrix: list[list[int]]

    def row(self) -> list[int]:
        return [*self.voltage, *self.residual, *self.charge, *sum(self.matrix, []), *sum(self.charge_matrix, [])]


class DeviceKernel:
    """A device graph compiled for `varying` parameters (one value a lane) and all others shared by the lanes."""

    def __init__(self, graph: Any, varying: frozenset[str], width: int = 0) -> None:
        self.width = width or vector_width()
        self.terminals = tuple(graph.terminals)
        self.n = len(graph.terminals)
        variables = {f"v{k}": v for k, v in enumerate(graph.voltages)}
        self.split = Split(variables, graph.params, self._outputs(graph))
        self.per_lane = self._varying(varying)
        sizes = [self.width if wide else 1 for wide in self.per_lane]
        self.offsets = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        self.h_size = int(self.offsets[-1])
        self.idx_size = self._index_size()
        self.address = compiled(with_width(self._source(), self.width), NAME)

    def _outputs(self, graph: Any) -> list[Any]:
        return [*graph.currents, *graph.charges, *sum(graph.g, []), *sum(graph.c, [])]

    def _index_size(self) -> int:
        return 3 * self.n + 2 * self.n * self.n

    def _varying(self, varying: frozenset[str]) -> list[bool]:
        depends: dict[int, bool] = {}
        for k in self.split.order:
            i = self.split.instructions[k]
            depends[k] = i.name in varying if i.operation == -1 else any(depends[a] for a in i.args)
        return [depends[k] for k in self.split.hoisted]

    def _is_zero(self, number: int) -> bool:
        i = self.split.instructions[self.split.outputs[number]]
        return i.operation == -2 and i.constant == 0.0

    @property
    def entries(self) -> list[tuple[int, int, bool, bool]]:
        """(row, column, in G, in C) of the derivatives that are not zero by structure."""
        n, nn = self.n, self.n * self.n
        flags = [(not self._is_zero(2 * n + k), not self._is_zero(2 * n + nn + k)) for k in range(nn)]
        return [(k // n, k % n, g, c) for k, (g, c) in enumerate(flags) if g or c]

    def jacobians(self, x: np.ndarray, params: Mapping[str, Any]) -> tuple[list[list[Any]], list[list[Any]]]:
        """G and C of an instance at terminal values x (points, n), by NumPy: n x n lists of (points,) arrays."""
        n, nn = self.n, self.n * self.n
        values = self.split.full({f"v{k}": x[:, k] for k in range(n)}, params)
        g, c = values[2 * n : 2 * n + nn], values[2 * n + nn :]
        return [g[k * n : k * n + n] for k in range(n)], [c[k * n : k * n + n] for k in range(n)]

    def hoist(self, params: Sequence[Mapping[str, Any]], lanes: int) -> tuple[np.ndarray, np.ndarray]:
        """What instances need of their parameters, evaluated once: values (n_instances, n_hoisted) of the first lane,
        and (n_instances, n_varying, lanes) of those that differ between lanes. params: arrays of shape () or (lanes,)."""
        stacked = {}
        for name in params[0]:
            values = [np.atleast_1d(p[name]) for p in params]
            stacked[name] = np.array(np.broadcast_arrays(*values)) if any(len(v) > 1 for v in values) else np.array(values)
        found = [np.broadcast_to(np.atleast_2d(v), (len(params), np.shape(v)[-1] if np.ndim(v) else 1))
                 for v in self.split.evaluate(stacked)]  # fmt: skip
        first = np.array([v[:, 0] for v in found]).T.reshape(len(params), len(found))
        wide = [np.broadcast_to(v, (len(params), lanes)) for v, w in zip(found, self.per_lane, strict=True) if w]
        varying = np.array(wide).reshape(len(wide), len(params), lanes)
        return first, np.swapaxes(varying, 0, 1)

    def _source(self) -> str:
        module = ir.Module(NAME)
        kind = ir.FunctionType(ir.VoidType(), [DOUBLE.as_pointer(), DOUBLE.as_pointer(), I64.as_pointer(), I64, I64])
        function = ir.Function(module, kind, NAME)
        x, h, index, count, alpha_at = function.args
        for pointer in (h, index):
            pointer.add_attribute("noalias")
        entry, loop, done = (function.append_basic_block(k) for k in ("entry", "loop", "done"))
        b = ir.IRBuilder(entry)
        b.branch(loop)
        b.position_at_end(loop)
        v = Vectors(b, module, self.width)
        k = b.phi(I64)
        k.add_incoming(ir.Constant(I64, 0), entry)
        idx = b.gep(index, [b.mul(k, ir.Constant(I64, self.idx_size))])
        params = b.gep(h, [b.mul(k, ir.Constant(I64, self.h_size))])
        self._instance(v, x, params, idx, alpha_at)
        following = b.add(k, ir.Constant(I64, 1))
        k.add_incoming(following, b.block)
        b.cbranch(b.icmp_signed("<", following, count), loop, done)
        b.position_at_end(done)
        b.ret_void()
        return str(module)

    def _instance(self, v: Vectors, x: Any, params: Any, idx: Any, alpha_at: Any) -> None:
        def place(number: int) -> Any:
            return v.b.load(v.b.gep(idx, [ir.Constant(I64, number)]))

        where = {k: j for j, k in enumerate(self.split.hoisted)}

        def hoisted(k: int) -> Any:
            at = ir.Constant(I64, int(self.offsets[where[k]]))
            if self.per_lane[where[k]]:
                return v.load(params, at)
            return v.broadcast(v.b.load(v.b.gep(params, [at])))

        body = Body(v, self.split, {f"v{k}": v.load(x, place(k)) for k in range(self.n)}, hoisted)
        body.run()
        self._stamp(Stamps(self, v, body, x, place, v.load(x, alpha_at)))

    def _stamp(self, s: Stamps) -> None:
        n, nn = self.n, self.n * self.n
        for k in range(n):
            s.accumulate(s.both(k, n + k), n + k)
            s.accumulate(s.value(n + k), 2 * n + k)
        for k in range(nn):
            s.accumulate(s.both(2 * n + k, 2 * n + nn + k), 3 * n + k)
            s.accumulate(s.value(2 * n + nn + k), 3 * n + nn + k)


class SensitivityKernel(DeviceKernel):
    """Derivatives of a device's currents and charges by parameters `wrt`, added to the circuit's sensitivity rows.

    The value "u" of an independent source, which is a terminal, counts as a parameter too.

    Index table of an instance: voltage places (n), then for every parameter n places of d(i + alpha q)/dp and n of dq/dp.
    """

    def __init__(self, graph: Any, varying: frozenset[str], wrt: tuple[str, ...], width: int = 0) -> None:
        self.wrt = wrt
        super().__init__(graph, varying, width)

    def _outputs(self, graph: Any) -> list[Any]:
        flows = ca.vertcat(*graph.currents, *graph.charges)
        symbols = graph.params | dict(zip(graph.terminals, graph.voltages, strict=True))
        columns = [ca.densify(ca.jacobian(flows, symbols[name])) for name in self.wrt]
        return [column[k] for column in columns for k in range(2 * self.n)]

    def _index_size(self) -> int:
        return self.n + 2 * self.n * len(self.wrt)

    def _stamp(self, s: Stamps) -> None:
        n = self.n
        for j in range(len(self.wrt)):
            for k in range(n):
                first = 2 * n * j + k
                s.accumulate(s.both(first, first + n), n + first)
                s.accumulate(s.value(first + n), n + first + n)


@dataclass(frozen=True)
class Stamps:
    """Adds outputs of a kernel's graph to places that the instance's index table names."""

    kernel: DeviceKernel
    v: Vectors
    body: Body
    x: Any
    place: Any  # entry of the index table -> element offset
    alpha: Any

    def value(self, number: int) -> Any:
        """Output `number`, or None if it is zero by structure."""
        return None if self.kernel._is_zero(number) else self.body.number(self.kernel.split.outputs[number])

    def both(self, static: int, stored: int) -> Any:
        """static + alpha stored."""
        a, q = self.value(static), self.value(stored)
        if q is None:
            return a
        return self.v.mul(self.alpha, q) if a is None else self.v.add(a, self.v.mul(self.alpha, q))

    def accumulate(self, amount: Any, entry: int) -> None:
        if amount is not None:
            at = self.place(entry)
            self.v.store(self.v.add(self.v.load(self.x, at), amount), self.x, at)
