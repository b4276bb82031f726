"""Runs on points: many at once, as lanes of stacked weights."""
