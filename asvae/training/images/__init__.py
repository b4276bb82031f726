"""Runs on images: one at a time, on one device or several."""
