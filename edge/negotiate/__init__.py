"""Proactive negotiation (RFC 9110 §12): from what a URL leaves open and what a request says to one concrete plan."""
