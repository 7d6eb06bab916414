"""Subjects of a project, listed by hand; the bouts of each keep theirs."""

import pytest
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest

from actiondiff_gui.gui.session import coding
from actiondiff_gui.gui.session.subjects import subjects


@pytest.fixture
def dialog(pets):
    from actiondiff_gui.gui.project.subjects_dialog import SubjectsDialog

    dialog = SubjectsDialog(pets)
    dialog.open()
    yield dialog
    dialog.close()


def listed(dialog):
    return [(subject.name, subject.key) for subject in subjects(dialog.session)]


def test_subjects_are_added_by_enter_and_given_keys_by_pressing_them(dialog):
    for name in ("dam", "pup 1"):
        QTest.keyClicks(dialog.name, name)
        QTest.keyClick(dialog.name, Qt.Key.Key_Return)
    dialog.choose("dam")
    QTest.keyClick(dialog.key, Qt.Key.Key_D)
    dialog.choose("pup 1")
    QTest.keyClick(dialog.key, Qt.Key.Key_D)
    assert listed(dialog) == [("dam", "D"), ("pup 1", "")]
    assert "two subjects" in dialog.said.text()
    QTest.keyClick(dialog.key, Qt.Key.Key_P)
    assert listed(dialog)[1] == ("pup 1", "P")
    assert 'P no longer stands for "Previous clip of the table"' in dialog.said.text()


def test_clips_keep_their_subject_where_it_is_taken_off_the_list(dialog):
    QTest.keyClicks(dialog.name, "dam")
    QTest.keyClick(dialog.name, Qt.Key.Key_Return)
    session = dialog.session
    clip = session.table.rows[0].id
    coding.set_subject(session, [clip], "dam")
    assert session.table.get(clip).subject == "dam"
    dialog.choose("dam")
    dialog.remove.click()
    assert listed(dialog) == [("dam", "")]  # a clip has it still
    coding.set_subject(session, [clip], "")
    assert listed(dialog) == []
