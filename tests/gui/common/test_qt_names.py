"""Attributes of widgets never hide what Qt calls: a string called ``metric`` ended the program under PySide6 when it was painted."""

import ast
from pathlib import Path

import actiondiff_gui.gui

CALLED_BY_QT = frozenset(
    {
        *(
            "metric",
            "paintEngine",
            "devType",
            "initPainter",
            "redirected",
            "sharedPainter",
            "event",
            "eventFilter",
        ),
        *(
            "sizeHint",
            "minimumSizeHint",
            "heightForWidth",
            "hasHeightForWidth",
            "nativeEvent",
            "inputMethodQuery",
        ),
        *(
            "timerEvent",
            "childEvent",
            "customEvent",
            "connectNotify",
            "disconnectNotify",
            "metaObject",
            "setVisible",
        ),
    }
)


def test_no_attribute_hides_a_method_that_qt_calls():
    found = [
        f"{file.name}:{node.lineno} {target.attr}"
        for file in Path(actiondiff_gui.gui.__file__).parent.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Assign | ast.AnnAssign)
        for whole in (node.targets if isinstance(node, ast.Assign) else [node.target])
        for target in ast.walk(whole)
        if isinstance(target, ast.Attribute)
        and isinstance(target.value, ast.Name)
        and target.value.id == "self"
        and target.attr in CALLED_BY_QT
    ]
    assert found == []
