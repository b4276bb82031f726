"""Full runs: what the Snakefile's rules are derived from, and what they run."""
