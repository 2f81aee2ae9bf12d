"""What is told about the work: Cache-Status, Server-Timing, metrics, the access log."""
