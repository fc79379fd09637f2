"""Measurements: each script prints ratios, some write cnnbook/results/*.json for the chapters."""
