"""The rules, a file each, named by code and name: `shp302_never_read_input.py`. Found by looking.

A rule's docstring is its page: what `shapecalc rule SHP302` prints and the site shows; its examples are
its test. Codes that the engine itself finds have their page here, too, and nothing else in the file.
"""
