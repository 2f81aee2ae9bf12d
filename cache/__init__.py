"""A byte cache in tiers: keys, bytes, metadata, time. It knows nothing of pictures or HTTP."""
