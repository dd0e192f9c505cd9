"""Transliteration: Kazakh from Cyrillic into the Latin and the Arabic alphabet.

Both conversions are tables of letters. The Arabic one also has a rule about words: the high hamza
makes all vowels of a word front. It precedes a word with a front vowel (ә, ө, ү, і), unless the
word has a back vowel (as қазір has) or г, к, е or э. These letters mark a front word by
themselves. In both conversions, ия and ию are one sound.

References
----------
Latin: the 31 letters presented in 2021, https://en.wikipedia.org/wiki/Kazakh_alphabets
Arabic (töte jazu): https://en.wikipedia.org/wiki/Kazakh_alphabets#Arabic_script
"""

import re

_TABLE = """
а a ا
ә ä ا
б b ب
в v ۆ
г g گ
ғ ğ ع
д d د
е e ە
ж j ج
з z ز
и i ي
й i ي
к k ك
қ q ق
л l ل
м m م
н n ن
ң ñ ڭ
о o و
ө ö و
п p پ
р r ر
с s س
т t ت
у u ۋ
ұ ū ۇ
ү ü ۇ
ф f ف
х h ح
һ h ھ
ц ts تس
ч tş چ
ш ş ش
щ ştş شش
ъ _ _
ы y ى
і ı ى
ь _ _
э e ە
ё io يو
ю iu يۋ
я ia يا
"""
_ROWS = [row.split() for row in _TABLE.strip().splitlines()]
_LATIN = {cyrillic: latin.strip("_") for cyrillic, latin, _ in _ROWS}
_ARABIC = {cyrillic: arabic.strip("_") for cyrillic, _, arabic in _ROWS}
_CAPITALS = {"i": "İ", "ı": "I"}
_HIGH_HAMZA = "\u0674"
_ONE_SOUND = {"ия": "я", "Ия": "Я", "ИЯ": "Я", "ию": "ю", "Ию": "Ю", "ИЮ": "Ю"}
_DOUBLED = re.compile("|".join(_ONE_SOUND))
_WORD = re.compile("[а-яёәғқңөұүһі]+", re.IGNORECASE)
_ARABIC_MARKS = str.maketrans({",": "،", ";": "؛", "?": "؟"})


def latin(text: str) -> str:
    """Kazakh in the Latin alphabet; other characters stay.

    Examples
    --------
    >>> latin("Қазақ тілі: дүниеге 5 жаңалық")
    'Qazaq tılı: düniege 5 jañalyq'
    >>> latin("Ғылым және өнер, шығыс Шу, Иран")
    'Ğylym jäne öner, şyğys Şu, İran'
    >>> latin("Экология, Мәдениет")
    'Ekologia, Mädeniet'
    """
    return "".join(_latin_letter(letter) for letter in _undoubled(text))


def _undoubled(text: str) -> str:
    return _DOUBLED.sub(lambda match: _ONE_SOUND[match.group()], text)


def _latin_letter(letter: str) -> str:
    written = _LATIN.get(letter.lower(), letter)
    if letter.islower() or not written:
        return written
    return _CAPITALS.get(written[0], written[0].upper()) + written[1:]


def arabic(text: str) -> str:
    """Kazakh in the Arabic alphabet (töte jazu), written from right to left.

    Examples
    --------
    >>> arabic("Қазақстан"), arabic("үкімет"), arabic("жаңалық")
    ('قازاقستان', 'ۇكىمەت', 'جاڭالىق')
    >>> arabic("тіл"), arabic("бір"), arabic("өнім")
    ('ٴتىل', 'ٴبىر', 'ٴونىم')
    >>> arabic("қазір"), arabic("мұғалім"), arabic("экономия")
    ('قازىر', 'مۇعالىم', 'ەكونوميا')
    >>> arabic("Рас па, 5 күн?")
    'راس پا، 5 كۇن؟'
    """
    return _WORD.sub(_arabic_word, _undoubled(text)).translate(_ARABIC_MARKS)


def _arabic_word(match: re.Match[str]) -> str:
    word = match.group().lower()
    letters = "".join(_ARABIC[letter] for letter in word)
    front = set("әөүі") & set(word) and not set("гкеэаоұықғ") & set(word)
    return _HIGH_HAMZA + letters if front else letters
