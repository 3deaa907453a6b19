"""Compiles locale/*/LC_MESSAGES/*.po without the tools of GNU gettext.

`bin/translations.py` writes each .mo; with `--check` it writes nothing, and fails
for one that is not what its .po says, or a sentence without its translation.
"""

import array
import ast
import struct
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MAGIC = 0x950412DE


def entries(text):
    """The messages of a .po file: its identity (context, plural included) and text.

    One begins where the one before has its text: a blank line between them is usual
    but a merge may lose it.
    """
    parts, key, flags = {}, None, ""
    for line in [*text.splitlines(), "msgid"]:
        is_next = line.startswith(("#", "msgctxt", "msgid"))
        if is_next and any(name.startswith("msgstr") for name in parts):
            yield parts, "fuzzy" in flags
            parts, flags = {}, ""
        if line.startswith("#,"):
            flags += line
        if line.startswith("#") or not line.strip():
            continue
        if not line.startswith('"'):
            key, _, line = line.partition(" ")
            parts[key] = ""
        if line:
            parts[key] += ast.literal_eval(line)


def catalogue(path):
    """What the .mo says, by identity, and what lacks a translation."""
    known, missing = {}, []
    for parts, fuzzy in entries(path.read_text(encoding="utf-8")):
        identity = parts["msgid"]
        if "msgid_plural" in parts:
            identity += "\0" + parts["msgid_plural"]
        if "msgctxt" in parts:
            identity = parts["msgctxt"] + "\4" + identity
        texts = [text for key, text in parts.items() if key.startswith("msgstr")]
        if all(texts) and not fuzzy:
            known[identity] = "\0".join(texts)
        else:
            missing.append(parts["msgid"])
    return known, missing


def compiled(known):
    """The bytes of a .mo file: sorted, without a hash table."""
    pairs = sorted((key.encode(), text.encode()) for key, text in known.items())
    ids = b"".join(key + b"\0" for key, _ in pairs)
    texts = b"".join(text + b"\0" for _, text in pairs)
    start = 7 * 4 + 16 * len(pairs)
    key_table, text_table = array.array("I"), array.array("I")
    at_key, at_text = start, start + len(ids)
    for key, text in pairs:
        key_table.extend((len(key), at_key))
        text_table.extend((len(text), at_text))
        at_key += len(key) + 1
        at_text += len(text) + 1
    head = struct.pack("7I", MAGIC, 0, len(pairs), 28, 28 + 8 * len(pairs), 0, start)
    return head + key_table.tobytes() + text_table.tobytes() + ids + texts


def main(only_check):
    faults = []
    for source in sorted(ROOT.glob("locale/*/LC_MESSAGES/*.po")):
        known, missing = catalogue(source)
        faults += [f"{source.relative_to(ROOT)}: not translated: {m}" for m in missing]
        target = source.with_suffix(".mo")
        if not only_check:
            target.write_bytes(compiled(known))
        elif not target.exists() or target.read_bytes() != compiled(known):
            faults.append(f"{target.relative_to(ROOT)} is stale: bin/translations.py")
    return faults


if __name__ == "__main__":
    found = main("--check" in sys.argv)
    sys.exit("\n".join(found) or 0)
