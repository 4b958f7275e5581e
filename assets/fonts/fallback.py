"""Makes the fonts behind ours from DejaVu Sans (Debian: fonts-dejavu-core, fonts-dejavu-extra); run it in this folder."""

from fontTools import subset
from fontTools.ttLib import TTFont

RANGES = [
    (0x20, 0x7F), (0xA0, 0x250), (0x1E00, 0x1F00),  # Latin
    (0x300, 0x370),  # marks
    (0x370, 0x400), (0x1F00, 0x2000),  # Greek
    (0x400, 0x530),  # Cyrillic
    (0x530, 0x590), (0x10A0, 0x1100),  # Armenian, Georgian
    (0x2010, 0x2028), (0x2030, 0x2040), (0x20A0, 0x20C0),  # punctuation, currency
]

for source, weight in [("DejaVuSans", "Regular"), ("DejaVuSans-Bold", "Bold")]:
    font = TTFont(f"/usr/share/fonts/truetype/dejavu/{source}.ttf", recalcTimestamp=False)
    options = subset.Options()
    options.layout_features = ["kern", "mark", "mkmk", "ccmp", "locl"]
    options.hinting = False
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14]
    options.drop_tables += ["DSIG"]
    options.notdef_outline = True
    options.glyph_names = False
    options.recalc_timestamp = False
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes={code for start, end in RANGES for code in range(start, end)})
    cutter.subset(font)
    font.save(f"Fallback-{weight}.ttf")
