"""A caching image CDN edge."""

__version__ = "0.1.0"
