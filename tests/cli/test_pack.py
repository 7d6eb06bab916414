"""Packed features on the command line: what is made from them is what is made from the files."""

import json

from tests.cli.test_cli import call

AT = ("--timestep", "20", "--layer", "9", "--pooling", "mean")


def test_a_project_with_packed_features_gives_the_same_map_and_lacks_nothing(zoo_file, tmp_path):
    folder = zoo_file.with_suffix(".features")
    maps = []
    for name in ("before", "after"):
        out = tmp_path / name
        call("embed", zoo_file, *AT, "--method", "pca", "--domain", "species", "--out", out)
        maps.append((out / "map.csv").read_bytes())
        if name == "before":
            loose = len(list(folder.glob("*/??/*/*.safetensors")))
            done = [
                json.loads(call("pack", zoo_file, "--shard", f"{k}/2", "--json"))["packed"] for k in (1, 2)
            ]
            assert sum(done) == loose > 0
            assert not list(folder.glob("*/??/*/*.safetensors"))
            assert f"{loose} of {loose} files whole" in call("check", zoo_file)
    assert maps[0] == maps[1]
    assert "0 files of features were packed" in call("pack", zoo_file)
    call("pack", zoo_file, "--shard", "3/2", code=1)


def test_check_makes_a_damaged_catalog_anew(zoo_file):
    call("pack", zoo_file)
    catalog = sorted(zoo_file.with_suffix(".features").glob("*/??/catalog.sqlite"))[0]
    catalog.write_bytes(b"no database" * 99)
    said = call("check", zoo_file, code=3)
    assert f"The features in {catalog} are damaged" in said
    assert "count as not computed" in said
    assert "made anew from the packs" in call("check", zoo_file, "--repair")
    assert "problem" not in call("check", zoo_file)
