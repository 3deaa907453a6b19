"""Generates realistic data for demonstrations and benchmarks.

`companies` creates the companies with their operators, `customers` and `timeline`
invent customers and their chats, `dialogues` has the texts, `chat_writer` writes the
chats, `loading` loads everything into the tables by COPY and `sample_files` adds a few
files.
"""
