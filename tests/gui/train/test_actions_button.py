"""The actions of a training: only those with clips are ticked, and those with at least n can be."""

from actiondiff_gui.gui.train.actions import ActionsButton


def test_only_actions_with_clips_are_ticked_and_frequent_ones_can_be_chosen(pets):
    session, told = pets.session, []
    for name in ("dig", "rest"):
        session.project.add_action(name)
    session.reread_actions()
    button = ActionsButton(pets)
    button.ticked.connect(told.append)
    button.show_chosen((), {"walk": 12, "eat": 3, "dig": 7})
    assert button.text() == "all 3 actions"
    button.fill()
    assert {name for name, tick in button.ticks.items() if tick.isChecked()} == {"walk", "eat", "dig"}
    button.least.setValue(5)
    assert told == [("walk", "dig")]
    button.ticks["eat"].setChecked(True)
    assert told[-1] == ()
    button.ticks["rest"].setChecked(True)
    assert told[-1] == ("walk", "eat", "dig", "rest")
    button.deleteLater()
