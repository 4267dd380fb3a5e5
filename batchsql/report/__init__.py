"""Values in, text or JSON out. Nothing here prints, reads a clock, or knows a file or a database.

Text for people takes a `Paint`, which colours or does not, so that the same function serves a terminal and a log file.
"""
