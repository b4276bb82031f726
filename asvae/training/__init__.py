"""From a configuration to a run: the step, the loop around it, checkpoints, sweeps, and what is said of a run."""
