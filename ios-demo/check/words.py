"""Both phones say the same: the words of Android's state holders are looked for in the iOS model."""

import re

# Files that hold words, and how a literal is told that is none: formats, patterns, and what Kotlin alone writes.
HOLDERS = ["AttemptLines.kt", "Pretence.kt", "Saying.kt"]
NOT_WORDS = re.compile(r"[%$]|^[^a-zA-Z]*$|^[a-z-]+$|^[EdMyHms ,:]+$")


def literals(text):
    text = re.sub(r"/\*.*?\*/|//[^\n]*", "", text, flags=re.DOTALL)
    return {one for one in re.findall(r'"((?:[^"\\]|\\.)*)"', text) if not NOT_WORDS.search(one)}


def are_the_same_on_both_phones(folder):
    """Names of states, links and pretences, and what they mean."""
    android = folder / "../android-demo/app/src/main/kotlin/app/satchel/demo/state"
    ours = "\n".join(file.read_text() for file in (folder / "Model/Sources").rglob("*.swift"))
    said = {one for name in HOLDERS for one in literals((android / name).read_text())}
    assert len(said) > 20, "Android's words are elsewhere"
    missing = sorted(one for one in said if f'"{one}"' not in ours)
    assert not missing, f"Android says, and iOS does not: {missing}"
