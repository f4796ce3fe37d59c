"""The loop of the circuit solver: trips over W lanes until the queue of lanes is empty (see `dae` and `dae_step`)."""

import numpy as np
from numba import njit

from . import dae as d
from . import dae_sensitivity as z
from . import dae_step as s
from .dae_step import W

TRAIL = 4  # points stored of every accepted step


@njit(cache=True)
def keep_initial(place, X, M, fresh):
    """Lanes that have just been evaluated at their initial x: its charges begin the tables. Return whether any."""
    n, rows = place[s.N], place[s.ROWS]
    some = False
    for w in range(W):
        fresh[w] = M[d.MODE, w] == d.INITIAL
        if fresh[w]:
            some = True
            for i in range(n):
                X[place[s.DIFF_X] + i * W + w] = X[place[s.V_AT] + i * W + w]
            for i in range(rows):
                X[place[s.DIFF_Q] + i * W + w] = X[place[s.Q_AT] + i * W + w]
            M[d.MODE, w] = d.BEGIN
    return some


@njit(cache=True)
def release(place, X, fresh):
    """From here on the states of the fresh lanes follow their own equations."""
    if place[s.HOLD] >= 0:
        for w in range(W):
            if fresh[w]:
                X[place[s.HOLD] + w] = 0.0


@njit(cache=True)
def end_lane(w, why, place, X, F, M, failed, energy, totals):
    """Take the results of slot w out and leave it idle."""
    lane = M[d.LANE, w]
    failed[0, lane], failed[1, lane] = why, F[d.T, w]
    totals[1, lane] += M[d.REJECTED, w]
    for k in range(place[s.METERS]):
        energy[k, lane] = X[place[s.DIFF_E] + k * W + w]
    M[d.LANE, w], M[d.MODE, w] = -1, d.IDLE


@njit(cache=True)
def iterate(place, limits, X, F, M, failed, energy, totals):
    """After a Newton iteration: mark the converged lanes (MODE stays ITERATE, START = 1), handle failed ones."""
    some = False
    for w in range(W):
        X[place[s.START] + w] = 0.0
        if M[d.MODE, w] != d.ITERATE:
            X[place[s.DAMP] + w] = 0.0
            continue
        totals[0, M[d.LANE, w]] += 1
        good, broken = d.converged(w, place, limits, X, F, M)
        if good:
            X[place[s.START] + w] = 1.0
            some = True
        elif broken or M[d.ITERATION, w] >= d.MAX_ITERATIONS:
            X[place[s.DAMP] + w] = 0.0
            if d.settle_failure(w, limits, F, M):
                why = d.NOT_FINITE if broken else d.UNDERFLOW
                end_lane(w, why, place, X, F, M, failed, energy, totals)
    return some


@njit(cache=True)
def accept(place, switches, switch_levels, limits, X, F, M, failed, energy, totals):
    """Judge the converged lanes; ACCEPT = 1 where the step stands. Return whether one does."""
    some = False
    for w in range(W):
        X[place[s.ACCEPT] + w] = 0.0
        if X[place[s.START] + w] == 0.0:
            continue
        X[place[s.START] + w] = 0.0
        M[d.MODE, w] = d.BEGIN
        h = F[d.H, w]
        if d.shorten_to_switch(w, switches, switch_levels, limits, place, X, F):
            continue
        if d.judge(w, place, limits, X, F, M):
            F[d.LAST_H, w] = h
            X[place[s.ACCEPT] + w] = 1.0
            some = True
        elif not F[d.H, w] >= d.SHORTEST * limits[d.STOP]:
            end_lane(w, d.UNDERFLOW, place, X, F, M, failed, energy, totals)
    return some


@njit(cache=True)
def keep_trail(w, place, recorded, trail, count, X, F, M):
    """Store the step just accepted: TRAIL points of its polynomial, the last one its end."""
    degree = max(1, min(M[d.VALID, w], M[d.ORDER, w]))
    for part in range(1, TRAIL + 1):
        k = count[1]
        tau = F[d.LAST_H, w] * (part / TRAIL - 1.0)
        trail[k, 0], trail[k, 1] = M[d.LANE, w], F[d.T, w] + (F[d.T_LOW, w] + tau)
        for r in range(len(recorded)):
            trail[k, 2 + r] = d.value_at(tau, recorded[r], degree, w, place, X, F)
        count[1] += 1


@njit(nogil=True, cache=True)
def advance(
    place, groups, pointers, tables, program, diagonal, corrections, meters, sources, spans, columns, switches,
    switch_levels, detectors, recorded, gain, levels, initial, hoisted, hoist_at, limits, sample_times, queue,
    sens, sens_groups, sens_pointers, sens_tables, charges, currents, sens_meters, flows, watched, event_shift,
    energy_shift,
    X, H, F, M, signals, events, event_of, trail, count, failed, energy, totals, trips,
):  # fmt: skip
    """Run until the queue [next, end] is empty (DONE), a buffer is full (FULL) or `trips` are used (PAUSED).

    Everything that must survive a pause lives in X, H, F and M. totals: (2, lanes) iterations and rejected steps.
    """
    fresh = np.zeros(W, dtype=np.bool_)
    sensitive = sens[z.COUNT] > 0
    for _ in range(trips):
        busy = False
        for w in range(W):
            if M[d.LANE, w] < 0 and queue[0] < queue[1]:
                d.load_lane(
                    w, queue[0], place, sources, spans, columns, gain, initial, hoisted, hoist_at, limits, X, H, F, M
                )
                d.keep_controls(w, switches, place, X)
                queue[0] += 1
            busy |= M[d.LANE, w] >= 0
            if M[d.MODE, w] == d.BEGIN:
                d.begin(w, place, sources, columns, gain, limits, X, F, M)
                if sensitive:
                    z.set_slopes(w, place, sens, flows, sources, columns, gain, X, F, M)
        if not busy:
            return d.DONE
        if count[0] + W * len(detectors) > len(events) or count[1] + TRAIL * W > len(trail):
            return d.FULL
        s.predict(place, X)
        s.newton(place, groups, pointers, tables, program, diagonal, X, H)
        if keep_initial(place, X, M, fresh):
            if sensitive:
                z.start_sensitivities(
                    fresh, place, sens, sens_groups, sens_pointers, sens_tables, program, charges, currents, flows, X, H
                )
            release(place, X, fresh)
        some = iterate(place, limits, X, F, M, failed, energy, totals)
        s.move(place, X)
        if not some:
            continue
        s.local_errors(place, X)
        if not accept(place, switches, switch_levels, limits, X, F, M, failed, energy, totals):
            continue
        s.settle_charges(place, corrections, meters, X)
        if sensitive:
            z.accept_sensitivities(
                place, sens, sens_groups, sens_pointers, sens_tables, program, charges, currents, sens_meters, flows,
                watched, X, H,
            )  # fmt: skip
        s.push_all(place, X)
        for w in range(W):
            if X[place[s.ACCEPT] + w] == 0.0:
                continue
            d.advance_time(w, F, M)
            before = count[0]
            d.record(
                w, place, columns, gain, detectors, levels, sample_times, recorded, signals, events, event_of, count, X, F, M
            )
            if sensitive:
                now = F[d.T, w] + F[d.T_LOW, w]
                z.keep_shifts(before, count[0], w, now, F[d.LAST_H, w], sens, events, event_of, event_shift, X)
            if len(trail) > TRAIL * W:
                keep_trail(w, place, recorded, trail, count, X, F, M)
            turned = d.turn_switches(w, switches, switch_levels, place, X)
            if sensitive and (M[d.AT_LIMIT, w] or turned):
                z.return_grid(w, place, sens, X)
            if M[d.AT_LIMIT, w]:
                if F[d.T, w] >= limits[d.STOP]:
                    if sensitive:
                        for k in range(sens[z.COUNT] * place[s.METERS]):
                            energy_shift[k, M[d.LANE, w]] = X[sens[z.DIFF_SE] + k * W + w]
                    end_lane(w, 0, place, X, F, M, failed, energy, totals)
                    continue
                F[d.LIMIT_T, w] = min(d.pass_breakpoints(w, spans, columns, F, M), limits[d.STOP])
            if M[d.AT_LIMIT, w] or turned:
                d.restart(w, limits, F, M)
    return d.PAUSED


@njit(nogil=True, cache=True)
def balance(place, groups, pointers, tables, program, diagonal, X, H, gmin, limits, todo, iterations):
    """Newton's method for the operating point (alpha = 0) in the slots with todo != 0; x in X is start and result.

    gmin: conductance from every node to ground, S. Returns by `todo`: 0 solved, 1 not.
    """
    for w in range(W):
        X[place[s.ALPHA] + w] = 0.0
        X[place[s.GMIN] + w] = gmin
        for j in range(s.K_MAX):
            X[place[s.BETA] + j * W + w] = 0.0
    for turn in range(iterations):
        s.newton(place, groups, pointers, tables, program, diagonal, X, H)
        left = 0
        for w in range(W):
            X[place[s.DAMP] + w] = 0.0
            if todo[w] == 0:
                continue
            dv, ratio = X[place[s.VOLTS] + w], X[place[s.NEWTON] + w]
            if not (np.isfinite(dv) and np.isfinite(ratio)):
                todo[w] = 2
                continue
            X[place[s.DAMP] + w] = min(1.0, limits[d.DAMPING] / max(dv, 1e-300))
            if turn > 0 and dv < 1e-9 * limits[d.V_SCALE] and ratio < 1e-6:
                todo[w] = 0
            else:
                left += 1
        s.move(place, X)
        if left == 0:
            break
