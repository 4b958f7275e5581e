"""Makes the fonts of the paper from IBM Plex Sans; README.md beside this file tells how to run it."""

from fontTools import subset
from fontTools.ttLib import TTFont

FAMILY = "Strippenkaart Sans"
RANGES = [
    (0x20, 0x7F), (0xA0, 0x180), (0x1E00, 0x1F00),  # Latin
    (0x370, 0x400), (0x400, 0x460),  # Greek, Cyrillic
    (0x2010, 0x2016), (0x2018, 0x2023),  # dashes, quotes, bullet
]
SINGLE = [
    0x192, 0x218, 0x219, 0x21A, 0x21B, 0x2C6, 0x2C7, 0x2D8, 0x2D9, 0x2DA, 0x2DB, 0x2DC, 0x2DD, 0x2002, 0x2003, 0x2009,
    0x2026, 0x202F, 0x2030, 0x2032, 0x2033, 0x2039, 0x203A, 0x2044, 0x20AC, 0x2116, 0x2122, 0x2190, 0x2191, 0x2192, 0x2193,
    0x2212, 0x2215, 0x2248, 0x2260, 0x2264, 0x2265,
]

for weight in ["Regular", "SemiBold"]:
    font = TTFont(f"package/fonts/complete/woff2/IBMPlexSans-{weight}.woff2", recalcTimestamp=False)
    font.flavor = None
    options = subset.Options()
    options.layout_features = ["kern", "mark", "ccmp", "locl"]
    options.hinting = False
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14]
    options.drop_tables += ["DSIG"]
    options.notdef_outline = True
    options.glyph_names = False
    options.recalc_timestamp = False
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes={*SINGLE, *(code for start, end in RANGES for code in range(start, end))})
    cutter.subset(font)
    names = {
        1: FAMILY if weight == "Regular" else f"{FAMILY} {weight}",
        2: "Regular",
        3: f"{FAMILY} {weight} 1.0",
        4: f"{FAMILY} {weight}",
        6: f"StrippenkaartSans-{weight}",
    }
    for record in font["name"].names:
        record.string = names.get(record.nameID, record.string)
    font.save(f"StrippenkaartSans-{weight}.ttf")
