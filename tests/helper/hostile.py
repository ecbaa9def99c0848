"""Two hundred texts that nobody should be shown as they are, and what is shown instead: the
rules of src/itsme/approval.h written down a second time, on Python's own codecs."""

import itertools

MARK = "\u00bf"
PLAIN = {"<": "\u00ab", ">": "\u00bb", "&": "{and}", "\u2026": "...", "\u2212": "-"}
PLAIN |= dict.fromkeys(map(chr, range(0x2010, 0x2016)), "-")
PLAIN |= dict.fromkeys("\u2018\u2019\u201a\u201b", "'")
PLAIN |= dict.fromkeys("\u201c\u201d\u201e\u201f", '"')
BLANKS = set("\u00a0\u202f\u205f\u3000 ") | set(map(chr, range(0x2000, 0x200b)))


def in_latin9(letter):
    try:
        code = letter.encode("iso8859-15")[0]
    except UnicodeEncodeError:
        return False
    return 0x20 <= code < 0x7f or (code > 0xa0 and letter != "\u00ad")


def shown(raw, most):
    """What stands in the place of `raw` (bytes) where at most `most` characters may."""
    out = ""
    for letter in raw.decode("utf-8", "surrogateescape"):
        if letter in BLANKS:
            out += "" if not out or out.endswith(" ") else " "
        else:
            out += PLAIN.get(letter, letter if in_latin9(letter) else MARK)
    out = out.rstrip(" ")
    if len(out) <= most:
        return out
    kept = most - len(f"[...{len(out)}...]")
    tail = kept // 2
    return f"{out[:kept - tail]}[...{len(out) - kept}...]{out[len(out) - tail:]}"


MARKUP = [
    "<b>", "</b>", "<br>", "<br/>", "<BR>", "<i>x</i>", "<u>", "</u></i></b>", "<script>x</script>",
    "</b><br>Number: <b>11</b>", "<b", "b>", "<<b>>", "<\tb>", "&lt;b&gt;", "&amp;lt;", "&#60;br&#62;",
    "&#x3c;", "&nbsp;", "&", "&&", "a && b", "x > /etc/passwd", "2>&1", "<(cat)", "<a href=x>y</a>",
    "<img src=x onerror=y>", "<!-- -->", "]]>", "{host}", "{command}", "{number}", "{", "}", "%s%n",
    "%{host}", "${host}", "\\u003cb\\u003e", "\\x3cb\\x3e", "+ADw-b+AD4-", '"}', '","x":"y', "\\",
    "\\\\\"", "'; drop table x; --", "$(id)", "`id`", "[...9...]", "{and}",
]
CONTROLS = [f"a{chr(c)}b" for c in (*range(1, 0x20), 0x7f, *range(0x80, 0xa0, 3))]
INVISIBLE = [f"a{chr(c)}b" for c in (
    0xad, 0x34f, 0x61c, 0x115f, 0x1160, 0x17b4, 0x180e, 0x200b, 0x200c, 0x200d, 0x200e, 0x200f,
    0x2028, 0x2029, 0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2060, 0x2061, 0x2066, 0x2067, 0x2068,
    0x2069, 0x206a, 0x3164, 0xfe00, 0xfe0f, 0xfeff, 0xffa0, 0xfff9, 0xfffc, 0xe0001, 0xe0041,
    0xe01ef, 0xd7fb, 0xe000, 0xfdd0, 0xfffe, 0x10ffff)]
LOOKALIKES = [
    "\u0430lice", "r\u043eot", "\u0391dmin", "\uff1cb\uff1e", "\u2039b\u203a", "\u3008br\u3009",
    "\u02c2b\u02c3", "\ufe64b\ufe65", "\uff06lt;", "r\u0585ot", "\u217coot", "roo\u0442", "\u13a0\u13a1",
    "e\u0301", "a\u0308\u0323", "\u1e00", "\u0141ukasz", "\u0130stanbul", "\u015f", "\u4f60\u597d",
    "\u05d0\u05d1", "\u0627\u0644", "\U0001f600", "\U0001d5ba", "\u00a4", "\u00a6", "\u00bc", "\u20ac",
    "\u0152uvre", "caf\u00e9", "\u2018x\u2019", "\u201cx\u201d", "a\u2013b\u2014c", "\u2026", "\u2212",
    "a\u00a0b", "a\u3000b", "a\u2003\u2003b", "  a   b  ",
]
BROKEN = [
    b"\xff", b"\xfe\xff", b"\xc0\xbc", b"\xc1\xa1", b"\xe0\x80\xbc", b"\xf0\x80\x80\xbc", b"\xed\xa0\x80",
    b"\xed\xbf\xbf", b"\xf4\x90\x80\x80", b"\xf8\x88\x80\x80\x80", b"\xe2\x82", b"\xf0\x9f\x98", b"\x80",
    b"\xbf\xbf", b"a\xe9b", b"\xc3", b"\xc3<b>", b"\xe2\x82<br>", b"\xa4", b"\x9b2J",
]
LONG = [
    "A" * 1000, "<b>" * 330, "&" * 1000, " " * 900 + "rm -rf /", "x" + " " * 900 + "y", "\u200b" * 330,
    "\u202e" * 330 + "x", "A" * 39, "A" * 40, "A" * 41, "A" * 64, "A" * 65, "A" * 600, "A" * 601,
    "\u20ac" * 64, "\u20ac" * 65, "safe " * 100 + "; rm -rf / ;" + " safe" * 80, "&" * 13 + "A",
]
TEXTS = [text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
         for text in itertools.chain(MARKUP, CONTROLS, INVISIBLE, LOOKALIKES, BROKEN, LONG)]
assert len(TEXTS) >= 200 and len(set(TEXTS)) == len(TEXTS), len(TEXTS)
