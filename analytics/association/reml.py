"""A linear mixed model by restricted maximum likelihood, from sums of each patient.

y_i = X_i b + Z_i u_i + e_i, u_i ~ N(0, s2 T T'), e_i ~ N(0, s2). All that the likelihood asks of a patient
are the products Z'Z, Z'X, Z'y, X'X, X'y and y'y: they are made once, so a step of the search costs a few
small matrices a patient, however many days there are. The profiled criterion is that of Bates et al., J.
Stat. Softw. 67(1), 2015, section 3, so estimates and errors are those of lme4.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

Values = NDArray[np.float64]
STEP = 1e-9  #: the search ends where a step moves no relative spread by more


@dataclass(frozen=True)
class MixedModel:
    """Fixed effects with errors, and what patients differ by."""

    fixed: Values  #: (p,)
    errors: Values  #: (p,) standard errors
    between: Values  #: (q, q) covariance of the patients' own effects
    residual: float  #: variance of what is left
    criterion: float  #: -2 log of the restricted likelihood
    converged: bool
    singular: bool  #: patients do not differ in one of the effects


class Products(NamedTuple):
    """Of each patient; the first axis is the patient."""

    zz: Values  #: (P, q, q)
    zx: Values  #: (P, q, p)
    zy: Values  #: (P, q)
    xx: Values  #: (p, p), summed over patients
    xy: Values  #: (p,)
    yy: float
    rows: int


def mixed_model(y: Values, x: Values, z: Values) -> MixedModel:
    """Fit `y` (P, N) on `x` (p, P, N) with effects of each patient on `z` (q, P, N), q 1 or 2.

    NaN in `y` is a missing row; `x` and `z` must be known wherever y is. `converged` false: do not use it.
    Raises numpy.linalg.LinAlgError where columns of `x` say the same.
    """
    scale = np.array([np.sqrt(np.nanmean(np.where(np.isnan(y), np.nan, one) ** 2)) or 1.0 for one in z])
    made = _products(y, x, z / scale[:, None, None])
    if made.rows <= len(x) + 1:
        return _none(len(x), len(z))
    search = _one_spread if len(z) == 1 else _two_spreads
    theta, converged = search(made)
    criterion, fixed, covariance, residual = _profiled(made, _factor(theta))
    factor = _factor(theta) / scale[:, None]
    return MixedModel(
        fixed,
        np.sqrt(np.diag(covariance)),
        residual * factor @ factor.T,
        residual,
        criterion,
        bool(converged and np.isfinite(criterion)),
        bool(np.diag(_factor(theta)).min() < 1e-5),
    )


def _products(y: Values, x: Values, z: Values) -> Products:
    known = ~np.isnan(y)
    y, x, z = np.where(known, y, 0), np.where(known, x, 0), np.where(known, z, 0)
    return Products(
        np.einsum("ipn,jpn->pij", z, z),
        np.einsum("ipn,jpn->pij", z, x),
        np.einsum("ipn,pn->pi", z, y),
        np.einsum("ipn,jpn->ij", x, x),
        np.einsum("ipn,pn->i", x, y),
        float(np.vdot(y, y)),
        int(known.sum()),
    )


def _factor(theta: Values) -> Values:
    """T, lower triangular: the spreads of the patients' effects relative to that of what is left."""
    return np.array([theta]) if len(theta) == 1 else np.array([[theta[0], 0.0], [theta[1], theta[2]]])


def _profiled(made: Products, factor: Values) -> tuple[float, Values, Values, float]:
    """(criterion, fixed effects, their covariance, residual variance) at given relative spreads."""
    inner = factor.T @ made.zz @ factor + np.eye(len(factor))
    root = _inverse_root(inner)
    zx = root @ (factor.T @ made.zx)
    zy = np.einsum("pij,pj->pi", root, made.zy @ factor)
    xx = made.xx - np.einsum("pki,pkj->ij", zx, zx)
    xy = made.xy - np.einsum("pki,pk->i", zx, zy)
    fixed = np.linalg.solve(xx, xy)
    free = made.rows - len(fixed)
    squares = made.yy - float(np.vdot(zy, zy)) - float(xy @ fixed)
    residual = max(squares, 0.0) / free
    sign, of_xx = np.linalg.slogdet(xx)
    if sign <= 0 or residual <= 0:
        return np.inf, fixed, np.full((len(fixed), len(fixed)), np.nan), residual
    of_inner = -2 * float(np.log(np.diagonal(root, axis1=1, axis2=2)).sum())
    criterion = of_inner + float(of_xx) + free * (1 + np.log(2 * np.pi * residual))
    return criterion, fixed, residual * np.linalg.inv(xx), residual


def _inverse_root(inner: Values) -> Values:
    """The inverse of the lower Cholesky factor of each (q, q), q 1 or 2, written out."""
    root = np.zeros_like(inner)
    first = np.sqrt(inner[:, 0, 0])
    root[:, 0, 0] = 1 / first
    if inner.shape[1] == 2:
        below = inner[:, 1, 0] / first
        second = np.sqrt(inner[:, 1, 1] - below**2)
        root[:, 1, 0] = -below / (first * second)
        root[:, 1, 1] = 1 / second
    return root


def _one_spread(made: Products) -> tuple[Values, bool]:
    """The relative spread in [0, inf), searched as share of itself and one."""

    def at(share: float) -> float:
        return _profiled(made, np.array([[share / (1 - share)]]))[0]

    found = optimize.minimize_scalar(at, bounds=(0.0, 1 - 1e-6), method="bounded", options={"xatol": STEP})
    share = 0.0 if at(0.0) <= found.fun else float(found.x)
    return np.array([share / (1 - share)]), bool(found.success) and share < 1 - 1e-5


def _two_spreads(made: Products) -> tuple[Values, bool]:
    def at(theta: Values) -> float:
        return _profiled(made, _factor(theta))[0]

    # Central differences with a wide step: a narrow one asks for digits that large cohorts do not leave.
    found = optimize.minimize(
        at,
        np.array([1.0, 0.0, 0.5]),
        method="L-BFGS-B",
        jac="3-point",
        bounds=[(0, None), (None, None), (0, None)],
        options={"finite_diff_rel_step": 1e-4, "ftol": 1e-13, "gtol": 1e-7, "maxiter": 200},
    )
    return np.asarray(found.x), bool(found.success)


def _none(p: int, q: int) -> MixedModel:
    nothing = np.full(p, np.nan)
    return MixedModel(nothing, nothing, np.full((q, q), np.nan), np.nan, np.nan, False, False)
