"""Measurements: each script prints ratios, some write cnnlib/results/*.json for the chapters."""
