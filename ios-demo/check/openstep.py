"""Reads the old property lists that Xcode's projects are written in: dictionaries, lists, quoted and bare words, comments."""

import re


class Malformed(Exception):
    """The text is no such list; the words say where."""


TOKEN = re.compile(
    r"""\s+|//[^\n]*|/\*.*?\*/|(?P<mark>[{}()=;,])|"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<bare>[A-Za-z0-9_.$/:-]+)""",
    re.DOTALL,
)
ESCAPES = {"n": "\n", "t": "\t", '"': '"', "\\": "\\"}


def read(text):
    """The value that the text stands for: dicts, lists and strings."""
    return Reader(text).whole()


class Reader:
    def __init__(self, text):
        self.tokens = []
        at = 0
        while at < len(text):
            found = TOKEN.match(text, at)
            if not found:
                raise Malformed(f"line {text.count(chr(10), 0, at) + 1}: {text[at:at + 20]!r} is nothing that is known")
            line = text.count("\n", 0, at) + 1
            if found["mark"]:
                self.tokens.append((found["mark"], None, line))
            elif found["quoted"] is not None:
                word = re.sub(r"\\(.)", lambda escape: ESCAPES.get(escape[1], escape[1]), found["quoted"], flags=re.DOTALL)
                self.tokens.append(("word", word, line))
            elif found["bare"]:
                self.tokens.append(("word", found["bare"], line))
            at = found.end()
        self.at = 0

    def whole(self):
        value = self.value()
        if self.at < len(self.tokens):
            raise Malformed(f"line {self.tokens[self.at][2]}: there is more after the end")
        return value

    def next(self, *wanted):
        kind, word, line = self.tokens[self.at] if self.at < len(self.tokens) else ("the end", None, "the last")
        if wanted and kind not in wanted:
            raise Malformed(f"line {line}: {word or kind} where {' or '.join(wanted)} was expected")
        self.at += 1
        return kind, word

    def peek(self):
        return self.tokens[self.at][0] if self.at < len(self.tokens) else None

    def value(self):
        kind, word = self.next("{", "(", "word")
        if kind == "word":
            return word
        return self.dictionary() if kind == "{" else self.items()

    def dictionary(self):
        found = {}
        while self.peek() != "}":
            _, key = self.next("word")
            if key in found:
                raise Malformed(f"line {self.tokens[self.at - 1][2]}: {key} is there twice")
            self.next("=")
            found[key] = self.value()
            self.next(";")
        self.next("}")
        return found

    def items(self):
        found = []
        while self.peek() != ")":
            found.append(self.value())
            if self.peek() != ")":
                self.next(",")
        self.next(")")
        return found
