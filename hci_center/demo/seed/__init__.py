"""A believable centre for demonstrations and measurements.

`centre` makes the companies with their people, `customers` and `history` invent who
wrote and what was said, `loading` brings it all into the tables by COPY and `enclosing` adds a few files.
"""
