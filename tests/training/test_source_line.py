"""The line under every figure and table: where its runs came from."""

from dataclasses import replace

from asvae.training import provenance


def test_the_source_line_says_origin_scale_seeds_cost_and_hardware(run):
    loaded = replace(
        run, config=run.config.replace(seed=77), provenance=run.provenance | {"origin": "loaded", "seconds": 600.0}
    )
    text = provenance.line([run, run, loaded])
    changed = "quick scale with steps 20, batch_size 16, width 16, depth 2"
    assert text.startswith(f"1 run computed here and 1 run loaded: {changed}, 2 seeds, 10 min of training on ")
    assert "numerics" not in text
    old = replace(run, provenance=run.provenance | {"fingerprint": "0123456789ab"})
    assert provenance.line([old]).endswith("**1 of these were made by other numerics than today's**")
    assert provenance.line([]) == "not run"
    assert "\n" not in text
