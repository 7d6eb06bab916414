"""How long things took on this computer, kept with the user's preferences, so that forecasts hold from the first look on."""

from actiondiff_gui.gui.session.preferences import Preferences

_KEPT = "paces"
_NEW_SHARE = 0.5
"""Share of the latest measurement in the pace that is kept; the rest is of earlier ones."""


def pace(preferences: Preferences, what: str) -> float | None:
    """Return the kept pace of ``what``, in whatever unit it is kept; None where nothing was measured yet."""
    kept = preferences.get(_KEPT, {})
    value = kept.get(what) if isinstance(kept, dict) else None
    return float(value) if isinstance(value, int | float) and value > 0 else None


def keep_pace(preferences: Preferences, what: str, measured: float) -> None:
    """Keep a measured pace."""
    before = pace(preferences, what)
    value = measured if before is None else (1 - _NEW_SHARE) * before + _NEW_SHARE * measured
    kept = preferences.get(_KEPT, {})
    preferences.set(_KEPT, {**(kept if isinstance(kept, dict) else {}), what: value})
