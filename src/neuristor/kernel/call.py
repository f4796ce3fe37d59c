"""Calling a compiled kernel by its address, so that one compiled solver serves every model."""

from llvmlite import ir
from numba import types
from numba.extending import intrinsic


@intrinsic
def call(typingctx, address, X):
    """`call(address, X)`: run the kernel at `address` on the flat float64 array X."""

    def codegen(context, builder, signature, args):
        array = context.make_array(signature.args[1])(context, builder, args[1])
        pointer = ir.PointerType(ir.DoubleType())
        kind = ir.FunctionType(ir.VoidType(), [pointer])
        function = builder.inttoptr(args[0], kind.as_pointer())
        builder.call(function, [builder.bitcast(array.data, pointer)])
        return context.get_dummy_value()

    return types.none(types.int64, types.Array(types.float64, 1, "C")), codegen


@intrinsic
def call_device(typingctx, address, X, H, index, count, alpha):
    """`call_device(address, X, H, index, count, alpha)`: run a device kernel (see `device`) on `count` instances."""

    def codegen(context, builder, signature, args):
        pointers = []
        for k in (1, 2, 3):
            pointers.append(context.make_array(signature.args[k])(context, builder, args[k]).data)
        kinds = [p.type for p in pointers] + [ir.IntType(64)] * 2
        kind = ir.FunctionType(ir.VoidType(), kinds)
        function = builder.inttoptr(args[0], kind.as_pointer())
        builder.call(function, [*pointers, args[4], args[5]])
        return context.get_dummy_value()

    flat, integers = types.Array(types.float64, 1, "C"), types.Array(types.int64, 1, "C")
    return types.none(types.int64, flat, flat, integers, types.int64, types.int64), codegen
