"""Coverage of stored features, against what an extraction would compute."""

from dataclasses import replace

import pytest

from actiondiff_gui.features.cost import measure, scaled
from actiondiff_gui.features.coverage import Inventory, coverage_job
from actiondiff_gui.features.extraction import extract_job, plan, window_count
from actiondiff_gui.features.settings import ExtractionSettings, Provenance
from actiondiff_gui.features.store import TokenStore
from actiondiff_gui.progress import run

SETTINGS = ExtractionSettings(stride=2)


@pytest.fixture
def store(clip_sources, backbone, tmp_path) -> TokenStore:
    """Provide the first two clips computed at t20, layers 4 and 9."""
    made = TokenStore(tmp_path, Provenance.of(backbone, SETTINGS))
    units = plan(clip_sources[:2], backbone, made, [20], (4, 9))
    run(extract_job(units, backbone, SETTINGS, made))
    return made


def test_clips_are_counted_at_each_timestep(clip_sources, backbone, store):
    found = run(coverage_job(clip_sources, backbone, Inventory(store), [5, 20], [9], backbone.schedule))
    assert found.clips == 3
    assert (found.there["t20"], found.there["t5"], found.there["t0"]) == (2, 0, 0)
    assert found.complete == 0


def test_what_lacks_is_what_the_extraction_would_plan(clip_sources, backbone, store):
    for steps, layers in (([5, 20], (4, 9)), ([20], (9,)), ([20], (4, 5))):
        found = run(coverage_job(clip_sources, backbone, Inventory(store), steps, layers))
        planned = plan(clip_sources, backbone, store, steps, layers)
        assert sorted(found.units, key=lambda u: u.clip.id) == sorted(planned, key=lambda u: u.clip.id)


def test_an_inventory_sees_what_was_added_damaged_or_removed(clip_sources, backbone, store):
    inventory = Inventory(store)

    def there() -> int:
        return run(coverage_job(clip_sources, backbone, inventory, [20], [9])).there["t20"]

    assert there() == 2
    run(extract_job(plan(clip_sources, backbone, store, [20], (9,)), backbone, SETTINGS, store))
    assert there() == 3
    store.file(clip_sources[0].key, "t20").write_bytes(b"damaged")
    assert there() == 2
    store.file(clip_sources[1].key, "t20").unlink()
    assert there() == 1


def test_clips_that_show_the_same_are_to_be_computed_once(clip_sources, backbone, store):
    twice = [clip_sources[2], replace(clip_sources[2], id="again")]
    found = run(coverage_job(twice, backbone, Inventory(store), [20], [9]))
    assert (found.clips, len(found.units)) == (2, 1)


def test_a_measurement_is_scaled_to_other_choices(clip_sources, backbone, store):
    few = run(coverage_job(clip_sources, backbone, Inventory(store), [5], [9])).units
    many = run(coverage_job(clip_sources, backbone, Inventory(store), [5, 10, 15], [9])).units
    pace = measure(few[0], backbone, SETTINGS)
    one, three = scaled(pace, few, backbone, SETTINGS), scaled(pace, many, backbone, SETTINGS)
    assert one.windows == three.windows == window_count(few, backbone, SETTINGS)
    assert three.seconds > one.seconds
    assert three.disk_bytes == 3 * one.disk_bytes
