"""Files in another form, made in a process of their own: what is in them is hostile.

`running` starts that process and is all that the rest of the product needs; the other
modules run within it and know neither database nor framework.
"""
