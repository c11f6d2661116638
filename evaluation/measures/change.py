"""Paired change of goals (V5), with its uncertainty. The statistics are scipy's and statsmodels's."""

from collections.abc import Sequence
from dataclasses import dataclass

# scipy and statsmodels take seconds to load, and only a report needs them: each function imports its own.


def wilson(successes: int, n: int) -> tuple[float, float]:
    """Wilson's 95 % interval for a share. (0, 1) for n = 0: nothing is known."""
    if n == 0:
        return 0.0, 1.0
    from statsmodels.stats.proportion import proportion_confint

    low, high = proportion_confint(successes, n, method="wilson")
    return float(low), float(high)


@dataclass(frozen=True)
class PairedChange:
    """Levels at the end minus levels at the start, one pair a goal."""

    n: int
    improved: int
    same: int
    worse: int
    mean: float
    mean_low: float
    mean_high: float
    p_value: float | None  # Wilcoxon signed-rank; None where no pair changed


def paired_change(pairs: Sequence[tuple[int, int]], seed: int = 2022) -> PairedChange | None:
    """From (baseline, last level) pairs. The interval of the mean is a BCa bootstrap (Efron 1987) with a fixed seed,
    so that the same data give the same report. None where there is no pair."""
    if not pairs:
        return None
    import numpy as np
    from scipy import stats

    changes = np.array([after - before for before, after in pairs], dtype=float)
    low = high = float(changes.mean())
    if len(changes) > 1 and changes.std() > 0:
        interval = stats.bootstrap(
            (changes,), np.mean, method="BCa", n_resamples=2000, rng=np.random.default_rng(seed)
        ).confidence_interval
        low, high = float(interval.low), float(interval.high)
    p_value = float(stats.wilcoxon(changes).pvalue) if np.any(changes) else None
    return PairedChange(
        n=len(changes),
        improved=int((changes > 0).sum()),
        same=int((changes == 0).sum()),
        worse=int((changes < 0).sum()),
        mean=float(changes.mean()),
        mean_low=low,
        mean_high=high,
        p_value=p_value,
    )
