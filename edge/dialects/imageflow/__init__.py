"""Imageflow's JSON jobs: operation lists and graphs over several inputs and outputs (JSON_JOBS)."""
