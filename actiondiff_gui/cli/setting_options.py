"""Command line options made from settings dataclasses: one flag for each declared setting."""

from collections.abc import Callable, Sequence
from typing import Any, cast

import click
from click.core import ParameterSource

from actiondiff_gui.errors import ActionDiffError
from actiondiff_gui.settings import Described, described

NONE = "none"
"""What is written for a setting that is left out."""


class SettingType(click.ParamType):
    """A value of one setting, read from text and checked by its declaration."""

    def __init__(self, setting: Described) -> None:
        self.setting = setting
        self.name = {"whole": "integer", "number": "number"}.get(setting.kind, "text")

    def get_metavar(self, param: click.Parameter, ctx: click.Context | None = None) -> str:
        """Return what ``--help`` shows in the place of a value."""
        if self.setting.choices:
            size = ["HEIGHTxWIDTH"] if self.setting.kind == "size" else []
            return f"[{'|'.join([*self.setting.choices, *size])}]"
        return self.name.upper()

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the value, or raise a usage error."""
        if not isinstance(value, str):
            return value
        try:
            return self.setting.checked(self._read(value), ActionDiffError)
        except ValueError:
            self.fail(f"{value!r} cannot be read as {self.name}.", param, ctx)
        except ActionDiffError as error:
            self.fail(str(error), param, ctx)

    def _read(self, text: str) -> Any:
        if self.setting.optional and text.casefold() == NONE:
            return None
        match self.setting.kind:
            case "whole":
                return int(text)
            case "number":
                return float(text)
            case "size" if text not in self.setting.choices and "x" in text.lower():
                return tuple(int(side) for side in text.lower().split("x"))
        return text


class SettingOption(click.Option):
    """The option of one setting.

    Attributes
    ----------
    setting : Described
    """

    setting: Described


def setting_options(
    kind: type, *, only: tuple[str, ...] = (), but: tuple[str, ...] = (), defaults: bool = True
) -> Callable[[Any], Any]:
    """Options for every declared setting of ``kind``, or ``only`` some, except those named in ``but``.

    A command gets the settings that were given under their names; see :func:`given`. ``defaults`` are told in the help.
    """

    def decorate(command: Any) -> Any:
        for each in reversed(described(kind)):
            if each.name not in but and (not only or each.name in only):
                command = _option(each, defaults)(command)
        return command

    return decorate


def _option(each: Described, defaults: bool) -> Callable[[Any], Any]:
    told = each.setting
    said = f"{told.help}."
    if each.optional:
        said += f" {NONE}: {told.none or 'left out'}."
    if told.unit:
        said += f" In {told.unit}."
    if defaults:
        said += f"  [default: {_written(each.default)}]"

    def option(declared: Sequence[str], **parameters: Any) -> SettingOption:
        made = SettingOption(declared, **parameters)
        made.setting = each
        return made

    maker = cast("type[click.Option]", option)  # click calls it and nothing else
    if each.kind == "switch":
        off = each.flag.replace("--", "--no-", 1)
        return click.option(f"{each.flag}/{off}", each.name, cls=maker, default=None, help=said)
    return click.option(each.flag, each.name, cls=maker, type=SettingType(each), default=None, help=said)


def _written(value: Any) -> str:
    """Return a value in words, except on and off as the command line reads it."""
    if value is None:
        return NONE
    if isinstance(value, bool):
        return "on" if value else "off"
    return "x".join(map(str, value)) if isinstance(value, tuple) else f"{value}"


def given(kind: type, options: dict[str, Any]) -> dict[str, Any]:
    """Take the settings of ``kind`` that were given out of ``options``."""
    names = [each.name for each in described(kind) if each.name in options]
    found = {name: options.pop(name) for name in names}
    context = click.get_current_context()
    return {
        name: value
        for name, value in found.items()
        # None is a value of some settings.
        if context.get_parameter_source(name) not in (None, ParameterSource.DEFAULT)
    }
