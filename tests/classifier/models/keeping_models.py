"""A program that keeps, renames and deletes models until it is killed: ``python -m tests.classifier.models.keeping_models PROJECT SEED``.

It says each change before and after it is made, so that whoever killed it knows what must be there.
"""

import random
import sys

from actiondiff_gui.classifier.models.library import delete_model, import_model, list_models, rename_model
from actiondiff_gui.project.project import Project


def main(path: str, model: str, seed: int) -> None:
    """Change the models of a project for ever."""
    chance = random.Random(seed)
    with Project.open(path) as project:
        clips = [clip.id for clip in project.clips()]
        print("begun", flush=True)
        while True:
            names = [kept.name for kept in list_models(project)]
            what = chance.choice(("keep", "rename", "delete")) if len(names) > 1 else "keep"
            if what == "keep" and len(names) < 6:
                name = import_model(project, model)
                with project.transaction(record=None):
                    project.add_labels([(c, "walk", 1, 0.5) for c in clips], source="model", by=name)
            elif what == "rename" and names:
                rename_model(project, chance.choice(names), f"model {chance.randrange(10**6)}")
            elif names:
                delete_model(project, chance.choice(names))
            print(what, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
