"""How long an original may be used without asking its origin: RFC 9110 and 9111 as functions of values and a clock."""
