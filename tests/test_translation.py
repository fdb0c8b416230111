"""The Chinese book beside the English one: one structure, one glossary, Chinese punctuation."""

import re
import unicodedata

import pytest

from .pages import BOOKS, ROOT, fences, names, without_fences

(ENGLISH, _), (CHINESE, _) = BOOKS["en"], BOOKS["zh"]
READMES = (ROOT / "README.md", ROOT / "README.zh-CN.md")

FORMULA = re.compile(r"\\\[.*?\\\]|\\\(.*?\\\)", re.DOTALL)
CODE = re.compile(r"`[^`\n]+`")
LINK = re.compile(r"\]\(([^)\s]+)\)|\]\[([\w.]+)\]")
HEADING = re.compile(r"^(#+) +(.*?)(?: +\{ *#([\w.-]+) *\})?$", re.MULTILINE)
BLOCK = re.compile(r"^ *(\?\?\?\+?|!!!|\||[*-] |\d+\. )(?: *(\w+) \")?", re.MULTILINE)
ENTRY = re.compile(r"^\| (.*?)\{ #([\w-]+) \}(※?)<br>(.*?) \|", re.MULTILINE)
HAN = "\u4e00-\u9fff"
WRONG = {
    "half-width punctuation": rf"[{HAN}”）][*]*[,;:?!(]|[,;:?!)][*]*[{HAN}]|[{HAN}][*]*\.(?:\s|$)",
    "straight quotes": rf"[{HAN}，。；：？！] ?\"|\" ?[{HAN}]",
    "no space between Chinese and Latin": rf"[{HAN}][A-Za-z0-9]|[A-Za-z0-9%][{HAN}]",
    "a space beside full-width punctuation": r" [，。；：？！、）”]|[，。；：？！、（“] (?!\|)",
    "a line that breaks inside a paragraph": rf"[{HAN}，。；：？！、）”]\n *[{HAN}（“]",
    "italics": rf"(?<!\*)\*(?!\*)[{HAN}]",
}


def pair(page):
    """A page's text in both languages; what the page includes stands in its place."""
    english = (ENGLISH / page).read_text(encoding="utf-8")
    if included := re.fullmatch(r'--8<-- "(.+)"\n', english):
        english = (ROOT / included[1]).read_text(encoding="utf-8")
    return english, (CHINESE / page).read_text(encoding="utf-8")


def slug(heading):
    """The id that Python-Markdown gives a heading."""
    plain = unicodedata.normalize("NFKD", heading).encode("ascii", "ignore").decode()
    return re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", plain).strip().lower())


def sections(text):
    """What each section is made of, apart from its words and fences."""
    text = without_fences(re.sub(r"\\text\{.*?\}", r"\\text{}", text))
    headings = [*HEADING.finditer(text)]
    ends = [*(match.start() for match in headings[1:]), len(text)]
    result = []
    for match, end in zip(headings, ends, strict=True):
        body = text[match.end() : end]
        words = FORMULA.sub("", body)
        result.append(
            {
                "level": len(match[1]),
                "id": match[3] or slug(match[2]),
                "formulas": set(FORMULA.findall(body)),
                "code": set(CODE.findall(words)),
                "links": {page or reference for page, reference in LINK.findall(words)},
                "blocks": BLOCK.findall(body),
            }
        )
    return result


def prose(text):
    """A page's sentences: no code, formulas, ids, addresses, tags; titles stand alone."""
    text = CODE.sub("x", FORMULA.sub("x", without_fences(text)))
    text = re.sub(r" *\{ *[#:.].*?\}|<[^>]+>", "", text.replace("<br>", " | "))
    text = re.sub(r"\]\([^)]*\)|\]\[[\w.]+\]", "]", text)
    return re.sub(r'^( *(?:\?\?\?\+?|!!!) *\w+) "(.*)"$', r"\1 \2\n", text, flags=re.MULTILINE)


def misprints(text):
    """What is not set as Chinese is, with its surroundings."""
    text = prose(text)
    return {
        f"{name}: {text[max(0, found.start() - 12) : found.end() + 12]!r}"
        for name, pattern in WRONG.items()
        for found in re.finditer(pattern, text)
    }


def test_both_books_have_the_same_pages():
    assert names("zh") == names("en")


@pytest.mark.parametrize("page", names("en"))
def test_both_pages_are_built_alike(page):
    english, chinese = pair(page)
    assert sections(chinese) == sections(english)
    assert fences(chinese) == fences(english)


def test_both_readmes_are_built_alike():
    english, chinese = (path.read_text(encoding="utf-8") for path in READMES)
    assert fences(chinese) == fences(english)
    both = sections(english), sections(chinese)
    for each in (*both[0], *both[1]):
        del each["id"]  # which GitHub makes of the words
        each["links"] = {link.split("#")[0] for link in each["links"]}
    assert both[1] == both[0]


def test_both_glossaries_have_the_same_terms():
    english, chinese = (ENTRY.findall(text) for text in pair("glossary.md"))
    assert len(english) > 50
    full_width = str.maketrans({"(": "（", ")": "）"})
    expected = [
        (
            key,
            theirs.replace("*", "").translate(full_width).replace(" （", "（"),
            "**" in theirs,
            ours,
        )
        for ours, key, _, theirs in english
    ]
    assert expected == [
        (key, term.replace("*", ""), mark == "※", f"**{english_term}**")
        for term, key, mark, english_term in chinese
    ]


@pytest.mark.parametrize("page", names("en"))
def test_chinese_is_set_as_chinese(page):
    assert misprints(pair(page)[1]) == set()


def test_the_chinese_readme_is_set_as_chinese():
    assert misprints(READMES[1].read_text(encoding="utf-8")) == set()


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("# A\n", "# 甲 { #b }\n"),
        ("# A\n", "# 甲 { #a }\n\n## 乙 { #b }\n"),
        ("# A\n\nSee [B](b.md).\n", "# 甲 { #a }\n\n见[乙](c.md)。\n"),
        ("# A\n\n`x`\n", "# 甲 { #a }\n\n`y`\n"),
        ("# A\n\n\\(x\\)\n", "# 甲 { #a }\n\n\\(y\\)\n"),
        ("# A\n\n* b\n* c\n", "# 甲 { #a }\n\n* 乙\n"),
    ],
)
def test_what_differs_is_noticed(english, chinese):
    assert sections(english) != sections(chinese)


@pytest.mark.parametrize(
    "text", ["甲,乙", "甲(b）", "“甲.\n", "使用RNN", "甲 ，乙", "甲\n乙", "*甲*", '"甲"']
)
def test_a_misprint_is_noticed(text):
    assert misprints(text)
    assert not misprints("使用 `RNN`，形状为 (5, 4)。**甲**（b）：“乙”。\n\n丙 { #c }\n")
