"""Vispy visual of plain round dots of one size, fast for hundreds of thousands of points.

vispy's own markers know shapes and edges, which costs them about thirty times as much where there is no
graphics card; a dot of a few pixels shows neither.
"""

import numpy as np
from vispy.gloo import VertexBuffer
from vispy.scene.visuals import create_visual_node
from vispy.visuals import Visual

_VERTEX = """
attribute vec2 a_position;
attribute vec4 a_colour;
uniform float u_size;
varying vec4 v_colour;
void main() {
    gl_Position = $transform(vec4(a_position, 0.0, 1.0));
    gl_PointSize = u_size;
    v_colour = a_colour;
}
"""
_FRAGMENT = """
varying vec4 v_colour;
uniform float u_round;
void main() {
    vec2 away = gl_PointCoord - vec2(0.5);
    if (u_round * dot(away, away) > 0.25) discard;
    gl_FragColor = v_colour;
}
"""


class DotsVisual(Visual):
    """Round dots, each with a colour.

    Attributes
    ----------
    count : int
        How many there are.
    """

    def __init__(self) -> None:
        super().__init__(vcode=_VERTEX, fcode=_FRAGMENT)
        self._draw_mode = "points"
        self.count = 0
        self.set_gl_state("translucent", depth_test=False)
        self.freeze()

    def set_data(self, positions: np.ndarray, colours: np.ndarray, size: float) -> None:
        """Show dots at ``positions`` ``[N, 2]`` in ``colours`` ``[N, 4]`` (0 to 1), ``size`` pixels wide."""
        self.count = len(positions)
        if self.count:
            self.shared_program["a_position"] = VertexBuffer(np.ascontiguousarray(positions, np.float32))
            self.shared_program["a_colour"] = VertexBuffer(np.ascontiguousarray(colours, np.float32))
            self.shared_program["u_size"] = size
            self.shared_program["u_round"] = 1.0 if size > 3 else 0.0
        self.update()

    def _prepare_transforms(self, view) -> None:
        view.view_program.vert["transform"] = view.transforms.get_transform()

    def _prepare_draw(self, view) -> bool:
        return bool(self.count)

    def _compute_bounds(self, axis: int, view) -> None:
        return None


Dots = create_visual_node(DotsVisual)
