"""EKV: pinch-off voltage, inversion, current and charges of the channel, with derivatives.

Equations of the EKV 2.6 manual (M. Bucher et al., EPFL 1997), except `velocity_saturation` and
`shortening`. Voltages are in units of U_T and count from the bulk; "d_..." are derivatives by the gate's voltage or, at
the channel's ends, by V_P - V.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import casadi as ca

D, G, S = range(3)


def pinch_off(p: Any, v_g: Any, zero: frozenset[str]) -> SimpleNamespace:
    """What depends on the gate alone (manual), with derivatives by v_g (names "d_..."), all in units of U_T.

    drive     V_G' = V_G - VTO + PHI + GAMMA sqrt(PHI), made positive (`depth`) so that accumulation joins smoothly
    psi       sqrt(V_P + PHI) = sqrt(V_G' + GAMMA^2/4) - GAMMA/2, hence V_P
    n         slope factor 1 + GAMMA / (2 sqrt(V_P + PHI + 4 U_T))
    fixed     charge of the depleted or accumulated bulk
    reach     half of V_P, made positive by sqrt(V_P^2 + 8) = `positive`
    gain      n times the mobility, 1 / (1 + THETA V_P) with 2 `reach` for V_P
    """
    k = SimpleNamespace()
    drive = v_g - (p.vto - p.phi - p.gamma * ca.sqrt(p.phi)) / p.ut
    gamma = p.gamma / ca.sqrt(p.ut)
    root = ca.sqrt(drive * drive + 1.0)
    depth = 0.5 * (drive + root)
    body = ca.sqrt(depth + 0.25 * gamma * gamma)
    psi = body - 0.5 * gamma
    k.v_p = psi * psi - p.phi / p.ut
    far = psi * psi + 4.0
    bend = 0.5 * gamma / ca.sqrt(far)
    k.n = 1.0 + bend
    k.fixed = gamma * psi + drive - depth
    d_depth = depth / root
    d_psi = 0.5 * d_depth / body
    k.d_v_p = 2.0 * psi * d_psi
    k.d_n = -bend / far * psi * d_psi
    k.d_fixed = gamma * d_psi + 1.0 - d_depth
    k.positive = ca.sqrt(k.v_p * k.v_p + 8.0)
    k.reach = 0.25 * (k.v_p + k.positive)
    k.gain, k.d_gain = k.n, k.d_n
    if "theta" not in zero:
        strength = 2.0 * p.theta * p.ut * k.reach
        mobility = 1.0 / (1.0 + strength)
        k.gain = k.n * mobility
        k.d_gain = k.d_n * mobility - k.gain * mobility * strength / k.positive * k.d_v_p
    return k


def inversion(v: Any) -> SimpleNamespace:
    """Of one channel end at v = (V_P - V) / U_T (manual): i = ln^2(1 + e^(v/2)), q = di/dv, x = sqrt(1/4 + i)."""
    y = 0.5 * v
    e = ca.exp(-ca.fabs(y))
    level = ca.fmax(y, 0.0) + ca.log1p(e)
    i = level * level
    q = level * ca.if_else(y > 0.0, 1.0, e) / (1.0 + e)
    x = ca.sqrt(0.25 + i)
    return SimpleNamespace(i=i, q=q, x=x, d_x=0.5 * q / x)


def velocity_saturation(p: Any, k: Any, flow: Any) -> tuple[Any, Any, Any]:
    """A factor of flow = i_f - i_r; derivatives of their product by the flow and by v_p.

    1 / sqrt(1 + (U_T flow / (UCRIT L reach))^2): half of the field V_P / L against UCRIT in saturation, so that short
    channels carry mu C_ox n UCRIT W V_P. Of the bias it knows the flow and the gate alone, hence symmetry, and a current
    that rises with v_ds everywhere; the price: with V_S above the bulk saturation comes a little late.
    """
    speed = p.velocity * flow / k.reach
    excess = speed * speed
    factor = 1.0 / ca.sqrt(1.0 + excess)
    steep = factor / (1.0 + excess)
    return factor, steep, steep * flow * excess / k.positive


def shortening(p: Any, along: Any, v_ds: Any) -> tuple[Any, Any]:
    """Growth of the current as the pinched-off region grows, and its derivative by v_ds (times -2: by `along`).

    2 along = 2 (x_f - x_r) is the voltage along the channel (v_ds, at most that of saturation), the rest of v_ds lies
    across the pinched-off region: the manual's Delta L = LAMBDA L_C ln(1 + |V| / (L_C UCRIT)) at large V, with
    ln(1 + V^2)/2 in place of ln(1 + |V|).
    """
    rest = p.pinch * (v_ds - 2.0 * along)
    growth = 1.0 + rest * rest
    return 1.0 + p.shortening * ca.log(growth), 2.0 * p.shortening * p.pinch * rest / growth


def channel_charge(x_f: Any, x_r: Any) -> tuple[list[Any], list[list[Any]]]:
    """Charge of the channel and the drain's share of it (Ward and Dutton; manual), over - n C_ox U_T W L.

    With s = x_f + x_r and r = x_r / s, the manual's rational functions are s P(r): 4/3 (1 - r + r^2) s - 1 and
    4/15 (2 - 2 r + 4 r^2 - r^3) s - 1/2. Also their derivatives by x_f and x_r.
    """
    s = x_f + x_r
    r = x_r / s
    shapes = [4.0 / 3.0 * (1.0 + r * (r - 1.0)), 4.0 / 15.0 * (2.0 + r * (r * (4.0 - r) - 2.0))]
    steep = [4.0 / 3.0 * (2.0 * r - 1.0), 4.0 / 15.0 * (r * (8.0 - 3.0 * r) - 2.0)]
    by_f = [shape - r * slope for shape, slope in zip(shapes, steep, strict=True)]
    by_r = [first + slope for first, slope in zip(by_f, steep, strict=True)]
    return [shapes[0] * s - 1.0, shapes[1] * s - 0.5], [[by_f[k], by_r[k]] for k in range(2)]


def channel_current(p: Any, k: Any, f: Any, r: Any, v_ds: Any, zero: frozenset[str]) -> tuple[Any, list[Any], Any]:
    """I_D = I_spec n (i_f - i_r) times mobility and what limits it (manual); derivatives; the limiting factor."""
    flow = f.i - r.i
    factor, steep, by_reach = velocity_saturation(p, k, flow)
    forward, backward = steep * f.q, steep * r.q  # by V_P - V_S, minus that by V_P - V_D
    further = ca.SX(0)
    if "lambda" not in zero:
        longer, by_v = shortening(p, f.x - r.x, v_ds)
        further = flow * factor * by_v
        factor = factor * longer
        forward = forward * longer - 2.0 * further * f.d_x
        backward = backward * longer - 2.0 * further * r.d_x
        by_reach = by_reach * longer
    pushed = p.i_spec * factor * flow
    g = p.i_spec / p.ut * k.gain
    by_gate = g * k.d_v_p * (forward - backward + by_reach) + p.unit * k.d_gain * (p.type * pushed)
    return p.type * k.gain * pushed, [g * (backward + further), by_gate, -g * (forward + further)], factor


def channel_charges(p: Any, k: Any, f: Any, r: Any) -> tuple[list[Any], list[list[Any]]]:
    """Charges of drain, gate and source (manual) and their derivatives."""
    (total, drain), slopes = channel_charge(f.x, r.x)
    c_f, c_r = (p.q_spec / p.ut * end.d_x for end in (f, r))
    total_s, total_d = slopes[0][0] * c_f, slopes[0][1] * c_r  # by V_P - V_S and V_P - V_D
    drain_s, drain_d = slopes[1][0] * c_f, slopes[1][1] * c_r
    q = p.type * p.q_spec
    total, drain, fixed = q * total, q * drain, q * k.fixed
    d_n, n_v_p = p.unit * k.d_n, k.n * k.d_v_p
    by_drain = [k.n * drain_d, -(d_n * drain + n_v_p * (drain_s + drain_d)), k.n * drain_s]
    by_gate = [-total_d, k.d_v_p * (total_s + total_d) + p.q_spec / p.ut * k.d_fixed, -total_s]
    by_all = [k.n * total_d, -(d_n * total + n_v_p * (total_s + total_d)), k.n * total_s]
    by_source = [a - b for a, b in zip(by_all, by_drain, strict=True)]
    return [-k.n * drain, total + fixed, -k.n * (total - drain)], [by_drain, by_gate, by_source]
