"""Syntaxes that become a plan. A dialect takes text and answers a Wish; nothing below it knows which was spoken."""
