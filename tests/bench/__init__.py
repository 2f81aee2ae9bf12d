"""`make bench`: what the edge costs, measured beside the same work done without it.

Machines differ and are shared, so no figure stands alone. Each is measured in short rounds, in turn with a baseline in
the same minute: hits beside a bare aiohttp server that answers a constant body, misses beside a plain loop that runs
the very same plans through libvips in as many processes. What counts is the ratio of the two, round by round; the
table has its median and its range.

What would flatter the edge is ruled out: connections never ask for each other's URLs, so nothing is collapsed; every
miss is a picture never asked for before and every answer says so in Cache-Status, or the run fails; the plans of the
loop are those of the edge, byte for byte in text and in result.

What the pictures are worth is measured beside libvips' one-line thumbnail, and what encoders take beside each other:
tests.bench.quality and tests.bench.encoders. docs/quality.md explains their tables.
"""
