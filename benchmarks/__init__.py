"""Measurements: each script prints ratios, and some write results/*.json for the chapters."""
