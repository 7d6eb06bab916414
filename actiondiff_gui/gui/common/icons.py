"""Icons of the small buttons: glyphs of Material Design Icons in the theme's colour, sharp at any scale of the screen."""

from fonticon_mdi7 import MDI7
from qtpy.QtGui import QColor, QIcon
from superqt import fonticon

SIZE = 16

GLYPHS = {
    "play": MDI7.play,
    "pause": MDI7.pause,
    "previous": MDI7.skip_previous,
    "next": MDI7.skip_next,
    "frame_back": MDI7.chevron_left,
    "frame_on": MDI7.chevron_right,
    "slower": MDI7.minus,
    "faster": MDI7.plus,
    "loop": MDI7.repeat,
    "sound": MDI7.volume_high,
    "muted": MDI7.volume_off,
    "picture": MDI7.contrast_circle,
    "fit": MDI7.arrow_expand_horizontal,
}


def icon(name: str, colour: QColor) -> QIcon:
    """Return the icon called ``name``, a key of :data:`GLYPHS`; fainter where its button is disabled."""
    # PyQt6's colours cannot be hashed, as superqt does with them; their names can.
    found: QIcon = fonticon.icon(
        GLYPHS[name], scale_factor=1.0, color=colour.name(), states={"disabled": {"opacity": 0.3}}
    )
    return found
