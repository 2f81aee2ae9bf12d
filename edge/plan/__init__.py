"""What to make of a picture, as one canonical value, and everything that follows from it by arithmetic alone."""
