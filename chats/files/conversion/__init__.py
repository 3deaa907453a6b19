"""Converts files in a separate process, since their content may be hostile.

`running` starts that process and is all that other packages need; the other modules run
inside it and use neither the database nor the framework.
"""
