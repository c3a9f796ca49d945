"""Which characters a text file's bytes stand for: byte order marks, UTF-16, UTF-8, Chinese, Western European.

Decides by evidence, since GB18030 accepts nearly any bytes: bytes are Chinese when they make characters that
people use.
"""

import codecs
import re
from collections.abc import Iterator
from pathlib import Path

from workbench.config import Text
from workbench.errors import Invalid

SAMPLE = 256 * 1024
BLOCK = 4 * 2**20
BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"), (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"),
)  # fmt: skip
CONTROL = re.compile("[\x01-\x08\x0b\x0e-\x1f]")
REPLACED = "\ufffd"
KANA, KANJI = range(0x81, 0x84), range(0x88, 0x98)  # first bytes of Shift JIS: signs and kana, usual kanji
BIG5 = range(0xA1, 0xC7)  # and of Big5: signs and usual characters


def not_a_table(name: str) -> Invalid:
    """Say that a file holds no table."""
    return Invalid(
        f"file {name}",
        given="content that is not a table",
        expected="CSV, TSV or other text, an Excel workbook (xlsx, xls, ods), Parquet or JSON lines",
    )


def detect(content: bytes, *, whole: bool) -> str | None:
    """Name the encoding of a text, from all of it or from its beginning; None where it is no text."""
    for mark, encoding in BOMS:
        if content.startswith(mark):
            return encoding
    wide = _without_mark(content)
    if wide:
        return wide
    for encoding in ("utf-8", "gb18030"):
        if _fits(content, encoding, whole) and (encoding == "utf-8" or _is_chinese(content)):
            return encoding
    if _mostly_utf8(content):
        return "utf-8"
    if _is_chinese(content):
        return "gb18030"
    neighbour = _neighbour(content, whole)
    if neighbour:
        return neighbour
    return "cp1252" if _fits(content, "cp1252", whole) else "latin-1"


def decode(content: bytes, *, name: str, whole: bool = True, encoding: str | None = None) -> tuple[str, str]:
    """Return text and encoding; what is no character of it becomes U+FFFD, to be told by the caller."""
    found = encoding or detect(content, whole=whole)
    if found is None:
        raise not_a_table(name)
    try:
        decoder = codecs.getincrementaldecoder(found)("replace")
    except LookupError as error:
        expected = "an encoding such as utf-8, gb18030 or utf-16"
        raise Invalid(f"encoding of {name}", given=repr(found), expected=expected) from error
    try:
        text = decoder.decode(content, final=whole)
    except UnicodeError as error:  # UTF-16 without its mark, cut in the middle
        raise not_a_table(name) from error
    sample = text[:20000]
    if len(CONTROL.findall(sample)) > 0.002 * len(sample) or sample.count("\0") > 0.2 * len(sample):
        raise not_a_table(name)
    return text, found


def tidied(text: str) -> tuple[str, list[Text]]:
    """Take out NUL bytes and carriage returns, and say what was no character."""
    notes: list[Text] = []
    if "\0" in text:
        n = text.count("\0")
        text = text.replace("\0", "")
        notes.append({"en": f"{n} NUL bytes left out", "zh": f"略去 {n} 个空字节"})
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    lost = text.count(REPLACED)
    if lost:
        notes.append(
            {"en": f"{lost} characters could not be decoded: shown as {REPLACED}",
             "zh": f"{lost} 个字符无法解码：显示为 {REPLACED}"}
        )  # fmt: skip
    return text.removeprefix("\ufeff"), notes


def pieces(path: Path, encoding: str) -> Iterator[str]:
    """Read a large text piece by piece, with line ends made one kind."""
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    held = ""
    with path.open("rb") as handle:
        while block := handle.read(BLOCK):
            text = held + decoder.decode(block).replace("\0", "")
            held = "\r" if text.endswith("\r") else ""  # its line feed may come with the next block
            yield text.removesuffix("\r").replace("\r\n", "\n").replace("\r", "\n")
    yield held.replace("\r", "\n") + decoder.decode(b"", final=True)


def _without_mark(content: bytes) -> str | None:
    """Tell UTF-16 without its mark: line ends, separators and digits have their zero byte on one side."""
    sample = content[: SAMPLE - SAMPLE % 2]
    if len(sample) < 4:
        return None
    low, high = sample[1::2].count(0), sample[0::2].count(0)
    if max(low, high) < 0.05 * len(sample) / 2 or max(low, high) < 5 * min(low, high):
        return None
    encoding = "utf-16-le" if low > high else "utf-16-be"
    text = sample.decode(encoding, "replace")
    bad = sum(1 for character in text if character == REPLACED or "\ue000" <= character <= "\uf8ff")
    plain = any(sign in text for sign in "\n\r,;\t")
    return encoding if plain and bad <= 0.01 * len(text) + 1 else None


def _fits(content: bytes, encoding: str, whole: bool) -> bool:
    try:
        codecs.getincrementaldecoder(encoding)("strict").decode(content, final=whole)
    except UnicodeDecodeError:
        return False
    return True


def _mostly_utf8(content: bytes) -> bool:
    """Whether a few broken bytes stand among many good characters."""
    sample = content[: 16 * SAMPLE]
    text = sample.decode("utf-8", "replace")
    wide = len(re.findall(r"[^\x00-\x7f\ufffd]", text))
    return wide >= 10 * text.count(REPLACED)


def _is_chinese(content: bytes) -> bool:
    """Whether bytes make Chinese that people write, or only fit by chance, as ``25°C`` in Latin-1 does."""
    text = content[: 4 * SAMPLE].decode("gb18030", "replace")
    wide = re.findall(r"[^\x00-\x7f]", text)
    if not wide:
        return False
    common = sum(1 for character in wide if _is_common(character))
    return common >= 0.5 * len(wide)


def _neighbour(content: bytes, whole: bool) -> str | None:
    """Tell Japanese, Traditional Chinese and Cyrillic, which a Western encoding would show as signs."""
    sample = content[: 4 * SAMPLE]
    kana, kanji = _share(sample, "cp932", KANA), _share(sample, "cp932", KANJI)
    if kana > 0 and kana + kanji >= 0.8 and _fits(content, "cp932", whole):
        return "cp932"
    # 25°C is a sign of Big5 too: a text in it has signs whose second byte is no letter.
    high = len(re.findall(rb"[\xa4-\xc6][\xa1-\xfe]", sample))
    wide = len(re.findall(rb"[\x80-\xff]+", sample))
    if _share(sample, "cp950", BIG5) >= 0.8 and high >= 0.3 * wide and _fits(content, "cp950", whole):
        return "cp950"
    # In Western words accented letters stand alone; Cyrillic words are made of nothing else.
    words = sum(map(len, re.findall(rb"[\xc0-\xff\xa8\xb8]{3,}", sample)))
    letters = len(re.findall(rb"[\xc0-\xff\xa8\xb8]", sample))
    return "cp1251" if letters and words >= 0.6 * letters and _fits(content, "cp1251", whole) else None


def _share(content: bytes, encoding: str, leads: range) -> float:
    """Return the share of the wide characters whose first byte is one of those."""
    wide = re.findall(r"[^\x00-\x7f]", content.decode(encoding, "replace"))
    found = [character.encode(encoding, "replace") for character in wide if character != REPLACED]
    return sum(len(each) == 2 and each[0] in leads for each in found) / max(1, len(wide))


def _is_common(character: str) -> bool:
    """Whether a character is of GB 2312's first level or its signs, or of GB 18030 alone."""
    try:
        code = character.encode("gb2312")
    except UnicodeEncodeError:
        return character != REPLACED and len(character.encode("gb18030")) == 4  # nothing else writes those
    return len(code) == 2 and (0xB0 <= code[0] <= 0xD7 or code[0] in (0xA1, 0xA3))
