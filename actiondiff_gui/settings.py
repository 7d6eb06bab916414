"""Settings are declared once: limits, label, unit and help stand in the type of each field of a settings dataclass.

Validation, JSON, command line options and forms are made from that declaration::

    @dataclass(frozen=True)
    class Sliding:
        window: Annotated[float, Setting("window", "Length of the sliding window", 0.04, 600, "s")] = 2.7
"""

import math
import re
import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, field, fields, replace
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from actiondiff_gui.errors import ActionDiffError

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Kind = Literal["whole", "number", "switch", "choice", "size", "text"]
Settings = TypeVar("Settings", bound="DataclassInstance")


@dataclass(frozen=True)
class Setting:
    """Declaration of a setting: label, help, limits and unit.

    Attributes
    ----------
    label : str
        A few words, for a form.
    help : str
        One sentence, for a tool tip and ``--help``.
    low, high : float
        Limits of a number, both allowed.
    unit : str
        Unit of a number: "s", "frames", "pixels".
    none : str
        What leaving it out means, for a setting that may be None.
    words : mapping of str to str
        A few words for each choice.
    tips : mapping of str to str
        A sentence for each choice, in place of ``help`` where one is chosen in a form.
    flag : str
        Its option on the command line without the dashes, where that is not its name.
    pattern : str
        Regular expression of a text, which ``words`` names the usual values of.
    examples : tuple of str
        Valid values of a text without usual ones.
    step : float
        How far one click changes a number in a form; without one a number that is not whole is typed.
    percent : bool
        Whether a form shows a share from 0 to 1 in per cent.
    slider : bool
        Whether a form shows it as a slider.
    only : tuple of str
        Name of another setting of the class and its value without which this one says nothing; a form then hides it.
    """

    label: str
    help: str
    low: float = -math.inf
    high: float = math.inf
    unit: str = ""
    none: str = ""
    words: Mapping[str, str] = field(default_factory=dict)
    tips: Mapping[str, str] = field(default_factory=dict)
    flag: str = ""
    pattern: str = ""
    examples: tuple[str, ...] = ()
    step: float = 0.0
    percent: bool = False
    slider: bool = False
    only: tuple[str, str] | tuple[()] = ()


@dataclass(frozen=True)
class Described:
    """A field of a settings dataclass with its declaration.

    Attributes
    ----------
    name : str
    kind : {"whole", "number", "switch", "choice", "size", "text"}
        Whole number, number, yes or no, one of ``choices``, one of ``choices`` or a height and width in pixels, or a text
        such as ``choices`` that fits the pattern.
    optional : bool
        Whether it may be None.
    choices : tuple of str
    default : object
    setting : Setting
    """

    name: str
    kind: Kind
    optional: bool
    choices: tuple[str, ...]
    default: Any
    setting: Setting

    @property
    def flag(self) -> str:
        """Its option on the command line."""
        return "--" + (self.setting.flag or self.name.replace("_", "-"))

    def checked(self, value: Any, error: type[ActionDiffError]) -> Any:
        """``value`` as the setting takes it.

        Raises
        ------
        ActionDiffError
            Of the kind ``error``: it makes no sense.
        """
        if value is None and self.optional:
            return None
        if self.kind == "switch":
            if isinstance(value, bool):
                return value
            raise error(f"The setting {self.name!r} must be true or false, not {value!r:.60}.")
        if self.kind == "choice" or (self.kind == "size" and isinstance(value, str)):
            if isinstance(value, str) and value in self.choices:
                return value
            size = " or HEIGHTxWIDTH" if self.kind == "size" else ""
            raise error(
                f"The setting {self.name!r} is {value!r:.60}: choose one of {', '.join(self.choices)}{size}."
            )
        if self.kind == "size":
            return self._size(value, error)
        if self.kind == "text":
            if isinstance(value, str) and re.fullmatch(self.setting.pattern, value):
                return value
            usual = ", ".join(self.choices) or " or ".join(
                ("for example " + self.setting.examples[0], *self.setting.examples[1:])
            )
            raise error(f"The setting {self.name!r} is {value!r:.60}: write {usual}.")
        return self._number(value, error)

    def _size(self, value: Any, error: type[ActionDiffError]) -> tuple[int, int]:
        if isinstance(value, tuple | list) and len(value) == 2:
            height, width = (int(self._number(side, error)) for side in value)
            return height, width
        raise error(f"The setting {self.name!r} is {value!r:.60} and not a height and a width.")

    def _number(self, value: Any, error: type[ActionDiffError]) -> float:
        kinds = (int, float) if self.kind == "number" else int
        if isinstance(value, bool) or not isinstance(value, kinds) or not math.isfinite(value):
            what = "a number" if self.kind == "number" else "a whole number"
            raise error(f"The setting {self.name!r} must be {what}, not {value!r:.60}.")
        if not self.setting.low <= value <= self.setting.high:
            unit = f" {self.setting.unit}" if self.setting.unit else ""
            raise error(
                f"The setting {self.name!r} is {value}{unit}; it must lie between {self.setting.low:g} and "
                f"{self.setting.high:g}{unit}."
            )
        return float(value) if self.kind == "number" else value


@cache
def described(settings: type) -> tuple[Described, ...]:
    """Return the fields of a settings dataclass that are declared by a :class:`Setting`, in their order."""
    hints = typing.get_type_hints(settings, include_extras=True)
    found = []
    for each in fields(settings):
        hint = hints[each.name]
        declared = [extra for extra in getattr(hint, "__metadata__", ()) if isinstance(extra, Setting)]
        if not declared:
            continue
        kind, optional, choices = _kind(typing.get_args(hint)[0])
        choices = choices or tuple(declared[0].words)
        default = each.default if each.default is not MISSING else None
        found.append(Described(each.name, kind, optional, choices, default, declared[0]))
    return tuple(found)


def _kind(hint: Any) -> tuple[Kind, bool, tuple[str, ...]]:
    union = typing.get_origin(hint) in (types.UnionType, typing.Union)
    parts = list(typing.get_args(hint)) if union else [hint]
    optional = type(None) in parts
    parts = [part for part in parts if part is not type(None)]
    literals = [part for part in parts if typing.get_origin(part) is Literal]
    choices = tuple(value for part in literals for value in typing.get_args(part))
    if any(typing.get_origin(part) is tuple for part in parts):
        return "size", optional, choices
    if choices:
        return "choice", optional, choices
    kinds: dict[Any, Kind] = {bool: "switch", int: "whole", float: "number", str: "text"}
    return kinds[parts[0]], optional, ()


def setting(settings: type, name: str) -> Described:
    """Return the field of a settings dataclass that is called ``name``."""
    return next(each for each in described(settings) if each.name == name)


def check(settings: Any, error: type[ActionDiffError]) -> None:
    """Check every declared field of a frozen settings dataclass, and keep numbers in the type declared.

    Raises
    ------
    ActionDiffError
        Of the kind ``error``, for the first value that makes no sense.
    """
    kind: type = type(settings)
    for each in described(kind):
        value = each.checked(getattr(settings, each.name), error)
        if value is not getattr(settings, each.name):
            object.__setattr__(settings, each.name, value)


def to_dict(settings: Any) -> dict[str, Any]:
    """All settings by name, as JSON can hold them."""
    return {name: list(v) if isinstance(v, tuple) else v for name, v in asdict(settings).items()}


def from_dict(kind: type[Settings], values: object, error: type[ActionDiffError]) -> Settings:
    """Return settings from :func:`to_dict`.

    Raises
    ------
    ActionDiffError
        Of the kind ``error``: it is no mapping, a name is unknown, or a value makes no sense.
    """
    if not isinstance(values, Mapping):
        raise error(f"Settings are needed, not {values!r:.60}.")
    unknown = sorted(map(str, set(values) - {each.name for each in fields(kind)}))
    if unknown:
        raise error(f"The settings hold unknown names: {', '.join(unknown[:5])}.")
    return kind(**{name: tuple(v) if isinstance(v, list) else v for name, v in values.items()})


def kept_settings(kind: type[Settings], values: object) -> Settings:
    """Return settings from :func:`to_dict` that were kept somewhere; the defaults where they are invalid."""
    try:
        return from_dict(kind, values, ActionDiffError)
    except ActionDiffError:
        return kind()


def changed(settings: Settings, values: Mapping[str, Any]) -> Settings:
    """Return ``settings`` with the declared fields that ``values`` holds; other names are ignored."""
    kind: type = type(settings)
    names = {each.name for each in described(kind)}
    return replace(settings, **{name: value for name, value in values.items() if name in names})
