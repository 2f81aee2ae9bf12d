"""From the address of a request to its route and key, and whether it may pass."""
