"""The words of one card: names, values, `name = value` pairs."""

from __future__ import annotations

import re
from typing import NamedTuple

from ...errors import nearest
from .places import Line, Unplaced, located, short
from .scopes import Scope

_TOKEN = re.compile(
    r"[\s,]*(?:\{(?P<brace>[^{}]*)\}|'(?P<quote>[^']*)'|\"(?P<string>[^\"]*)\"|(?P<mark>[()=])|(?P<word>[^\s(){}=,'\"]+))"
)
_KINDS = {"brace": "expression", "quote": "expression", "string": "string", "mark": "mark", "word": "word"}


class Token(NamedTuple):
    """kind: "word", "expression" ({...} or '...'), "string" ("...") or "mark" (one of = and parentheses)."""

    kind: str
    text: str
    at: int = 0  # offset in the card


def tokens_of(text: str) -> list[Token]:
    """Split a card; commas separate like blanks. Unplaced for an unbalanced brace or quote."""
    tokens, at, end = [], 0, len(text.rstrip(" \t,"))
    while at < end:
        match = _TOKEN.match(text, at)
        if not match:
            raise Unplaced(f"unbalanced {text[at:].lstrip(' ,')[:1]!r} in {short(text)}")
        kind = match.lastgroup or ""
        tokens.append(Token(_KINDS[kind], match[kind], match.start(kind)))
        at = match.end()
    return tokens


class Words:
    """A cursor over the tokens of a card; values are computed in the scope."""

    def __init__(self, line: Line, scope: Scope):
        self.line, self.scope, self.at = line, scope, 0
        self.tokens = tokens_of(line.text)
        self.first = self.tokens[0].text.lower() if self.tokens else ""

    @property
    def more(self) -> bool:
        return self.at < len(self.tokens)

    def peek(self, ahead: int = 0) -> str:
        """The next token in lower case, or an empty string at the end."""
        i = self.at + ahead
        return self.tokens[i].text.lower() if i < len(self.tokens) else ""

    def take(self, what: str) -> Token:
        if not self.more:
            raise Unplaced(f"{self.first} lacks {what}")
        self.at += 1
        return self.tokens[self.at - 1]

    def name(self, what: str) -> str:
        """The next token, which must be a plain word, in lower case."""
        token = self.take(what)
        if token.kind != "word":
            raise Unplaced(f"expected {what} in {self.first}, found {short(token.text)}")
        return token.text.lower()

    def value(self, what: str) -> float:
        """The next token as a number."""
        return self.number(self.take(what), what)

    def number(self, token: Token, what: str) -> float:
        """Value of a word or an expression."""
        if token.kind not in ("word", "expression"):
            raise Unplaced(f"expected {what} in {self.first}, found {short(token.text)}")
        with located(self.line.place_of(token.at), self.scope.path):
            return self.scope.value(token.text)

    def skip(self, text: str) -> bool:
        """Go past the next token if it is this word or mark."""
        found = self.peek() == text and self.tokens[self.at].kind in ("word", "mark")
        self.at += found
        return found

    def expect(self, text: str) -> None:
        if not self.skip(text):
            found = short(self.peek()) if self.more else "the end"
            raise Unplaced(f"expected {text!r} in {self.first}, found {found}")

    def positional(self) -> list[Token]:
        """Tokens up to the first `name =` or the end."""
        start = self.at
        while self.more and self.peek(1) != "=":
            if self.tokens[self.at].kind == "mark":
                raise Unplaced(f"unexpected {self.peek()!r} in {self.first}")
            self.at += 1
        return self.tokens[start : self.at]

    def pairs(self) -> dict[str, Token]:
        """All that is left, as `name = value`; Unplaced for anything else or a name given twice."""
        found: dict[str, Token] = {}
        while self.more:
            with located(self.line.place_of(self.tokens[self.at].at), self.scope.path):
                name, token = self.pair()
                if name in found:
                    raise Unplaced(f"{self.first} has {name}= twice")
            found[name] = token
        return found

    def pair(self) -> tuple[str, Token]:
        """The next `name = value`."""
        name = self.name("name=value")
        if not self.skip("="):
            raise Unplaced(f"unexpected {short(name)} in {self.first}: expected name=value")
        token = self.take(f"a value after {name}=")
        if token.kind == "mark":
            raise Unplaced(f"{self.first} lacks a value after {name}=")
        return name, token

    def parameters(self, known: tuple[str, ...], what: str) -> dict[str, float]:
        """The rest as numbers by name; Unplaced for a name that is not known."""
        result = {}
        for name, token in self.pairs().items():
            if name not in known:
                raise Unplaced(f"{self.first}: a {what} has no parameter {short(name)}{nearest(name, known)}")
            result[name] = self.number(token, f"a value after {name}=")
        return result

    def end(self) -> None:
        """Unplaced if anything is left."""
        if self.more:
            raise Unplaced(f"unexpected {short(self.tokens[self.at].text)} in {self.first}")
