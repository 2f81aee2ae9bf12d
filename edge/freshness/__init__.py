"""What may be stored and for how long it may be used without asking its origin: RFC 9110 and 9111, with the fields of
RFC 5861, 9213 and 9875, as functions of values and a clock."""
