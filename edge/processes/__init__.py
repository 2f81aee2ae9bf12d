"""Several serving processes on one machine that behave as one edge."""
