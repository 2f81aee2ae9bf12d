"""Header sniffers: bytes to format, size, frames, alpha and orientation. The door is edge.facts.sniff."""
