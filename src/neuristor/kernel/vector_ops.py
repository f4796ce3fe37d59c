"""Operations of a compiled solver on W lanes at once: one vector instruction each, at places known only at run time.

A loop over lanes at run-time offsets is not vectorised (the compiler must assume that places overlap), so the solver
for circuits, whose places come from index tables, says what it means. X is the flat float64 array; all places are
element offsets of W neighbouring values.
"""

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from .vector_ir import FLAGS, vector_width

WIDTH = vector_width()
DOUBLE = ir.DoubleType()
VECTOR = ir.VectorType(DOUBLE, WIDTH)


class Lanes:
    """Loads and stores of W doubles in the array argument of an intrinsic."""

    def __init__(self, context, builder, signature, args):
        self.b = builder
        self.data = context.make_array(signature.args[0])(context, builder, args[0]).data
        self.at = args[1:]

    def pointer(self, index):
        return self.b.bitcast(self.b.gep(self.data, [index]), VECTOR.as_pointer())

    def load(self, k):
        return self.b.load(self.pointer(self.at[k]), align=8)

    def store(self, value, k=0):
        self.b.store(value, self.pointer(self.at[k]), align=8)

    def intrinsic(self, name, *args):
        full = f"llvm.{name}.v{WIDTH}f64"
        module = self.b.module
        kind = ir.FunctionType(VECTOR, [VECTOR] * len(args))
        function = module.globals.get(full) or ir.Function(module, kind, full)
        return self.b.call(function, args)

    def mask(self, k):
        return self.b.fcmp_ordered("!=", self.load(k), ir.Constant(VECTOR, [0.0] * WIDTH))


def operation(count):
    """Make `f(X, place, ...)` with `count` places from a function that emits its code on Lanes."""

    def wrap(emit):
        def codegen(context, builder, signature, args):
            emit(Lanes(context, builder, signature, args))
            return context.get_dummy_value()

        array = types.Array(types.float64, 1, "C")
        signature = types.none(array, *[types.int64] * count)
        names = ", ".join(f"a{k}" for k in range(count))
        scope = {"intrinsic": intrinsic, "signature": signature, "codegen": codegen}
        source = f"@intrinsic\ndef made(typingctx, X, {names}):\n    return signature, codegen\n"
        exec(source, scope)  # Numba reads the number of arguments from the function's own signature
        made = scope["made"]
        made.__doc__ = emit.__doc__
        return made

    return wrap


@operation(1)
def zero(v):
    """X[a] = 0"""
    v.store(ir.Constant(VECTOR, [0.0] * WIDTH))


@operation(2)
def copy(v):
    """X[a] = X[b]"""
    v.store(v.load(1))


@operation(2)
def add(v):
    """X[a] += X[b]"""
    v.store(v.b.fadd(v.load(0), v.load(1), flags=FLAGS))


@operation(3)
def multiply(v):
    """X[a] = X[b] * X[c]"""
    v.store(v.b.fmul(v.load(1), v.load(2), flags=FLAGS))


@operation(3)
def multiply_add(v):
    """X[a] += X[b] * X[c]"""
    v.store(v.intrinsic("fma", v.load(1), v.load(2), v.load(0)))


@operation(3)
def multiply_subtract(v):
    """X[a] -= X[b] * X[c]"""
    v.store(v.intrinsic("fma", v.b.fneg(v.load(1)), v.load(2), v.load(0)))


@operation(2)
def reciprocal(v):
    """X[a] = 1 / X[b]"""
    v.store(v.b.fdiv(ir.Constant(VECTOR, [1.0] * WIDTH), v.load(1)))


@operation(3)
def difference(v):
    """X[a] = X[b] - X[c]"""
    v.store(v.b.fsub(v.load(1), v.load(2)))


@operation(3)
def choose(v):
    """X[a] = X[b] where X[c] is not zero"""
    v.store(v.b.select(v.mask(2), v.load(1), v.load(0)))


@operation(3)
def raise_to_ratio(v):
    """X[a] = max(X[a], |X[b]| * X[c]), NaN where one of them is"""
    ratio = v.b.fmul(v.intrinsic("fabs", v.load(1)), v.load(2))
    old = v.load(0)
    keep = v.b.or_(v.b.fcmp_ordered("<", ratio, old), v.b.fcmp_unordered("uno", old, old))
    v.store(v.b.select(keep, old, ratio))


@operation(3)
def inverse_weight(v):
    """X[a] = 1 / max(|X[b]|, X[c])"""
    size, floor = v.intrinsic("fabs", v.load(1)), v.load(2)
    largest = v.b.select(v.b.fcmp_ordered("<", size, floor), floor, size)
    v.store(v.b.fdiv(ir.Constant(VECTOR, [1.0] * WIDTH), largest))


def accumulation(count, sign):
    """f(X, a, b, step, c): X[a] += sign * sum over j < count of X[b + j step] * X[c + j W]"""

    @operation(4)
    def accumulate(v):
        a, b, step, c = v.at
        total = v.load(0)
        for j in range(count):
            number = ir.Constant(b.type, j)
            x = v.b.load(v.pointer(v.b.add(b, v.b.mul(step, number))), align=8)
            y = v.b.load(v.pointer(v.b.add(c, ir.Constant(c.type, j * WIDTH))), align=8)
            total = v.intrinsic("fma", x if sign > 0 else v.b.fneg(x), y, total)
        v.store(total)

    return accumulate


def table_push(count):
    """f(X, a, step, b, c, d): a value enters a table of divided differences.

    X[a + j step] takes u_j where X[d] is not 0, j < count; u_0 = X[b], u_(j+1) = (u_j - old X[a + j step]) X[c + j W].
    """

    @operation(5)
    def push(v):
        a, step, b, c, _ = v.at
        accepted = v.mask(4)
        new = v.load(2)
        for j in range(count):
            at = v.pointer(v.b.add(a, v.b.mul(step, ir.Constant(a.type, j))))
            old = v.b.load(at, align=8)
            v.b.store(v.b.select(accepted, new, old), at, align=8)
            inverse = v.b.load(v.pointer(v.b.add(c, ir.Constant(c.type, j * WIDTH))), align=8)
            new = v.b.fmul(v.b.fsub(new, old), inverse)

    return push


@operation(2)
def reciprocal_or_zero(v):
    """X[a] = 1 / X[b], 0 where X[b] is 0"""
    x, zeros = v.load(1), ir.Constant(VECTOR, [0.0] * WIDTH)
    inverse = v.b.fdiv(ir.Constant(VECTOR, [1.0] * WIDTH), x)
    v.store(v.b.select(v.b.fcmp_ordered("!=", x, zeros), inverse, zeros))
