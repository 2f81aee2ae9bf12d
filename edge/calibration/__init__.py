"""What this machine takes for a unit of each kind of work, against the machine that the shipped rates are from.

A calibration multiplies the shipped rates of time, a factor for each group of them, and those of memory, and has its
own figure for an idle worker. It is a file of JSON that counts on the machine that it was made on only: one that names
another processor or other libraries, or cannot be read, is ignored with a line in the log.
"""
