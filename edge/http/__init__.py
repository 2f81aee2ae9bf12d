"""The only room that speaks HTTP to those who ask."""
