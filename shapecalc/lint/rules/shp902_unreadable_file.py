"""The file cannot be read.

It does not exist, is a directory, or may not be opened. The message is the operating system's.

Source: https://docs.python.org/3/library/exceptions.html#os-exceptions.
"""
