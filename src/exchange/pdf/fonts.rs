//! The fonts of our paper, measured and shaped: our own, whose figures are all of one width so that columns of amounts line
//! up, and one behind it for letters that it lacks (Vietnamese, Armenian, Georgian, polytonic Greek, old Cyrillic).
//!
//! A letter that neither has, as of Arabic, Hebrew, Thai or Chinese, is printed in Latin letters by its sound: no name can
//! keep a lawful invoice from being issued, and the electronic invoice has it as it was typed.

use super::PdfError;
use crate::domain::sepa_text;
use krilla::text::{Font, GlyphId, KrillaGlyph};
use rustybuzz::{Direction, GlyphBuffer, UnicodeBuffer};
use std::borrow::Cow;

/// Thin and thick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Weight {
    /// For text.
    Regular,
    /// For names, headings and totals.
    SemiBold,
}

/// One font, twice: for the file and for shaping.
pub(super) struct Face {
    /// As it goes into the file.
    pub font: Font,
    shaper: rustybuzz::Face<'static>,
}

/// A weight: our font, and the one behind it.
struct Pair {
    own: Face,
    other: Face,
}

/// Both weights.
pub(super) struct Fonts {
    regular: Pair,
    semi_bold: Pair,
}

/// A part of a line in one font.
pub(super) struct Run<'a> {
    /// The font.
    pub face: &'a Face,
    /// What it says.
    pub text: String,
}

impl Fonts {
    /// Reads the fonts that are part of the program.
    pub fn load() -> Result<Self, PdfError> {
        let face = |data: &'static [u8]| {
            let font = Font::new(data.into(), 0).ok_or(PdfError::Fonts)?;
            let shaper = rustybuzz::Face::from_slice(data, 0).ok_or(PdfError::Fonts)?;
            Ok(Face { font, shaper })
        };
        Ok(Self {
            regular: Pair {
                own: face(include_bytes!("../../../assets/fonts/StrippenkaartSans-Regular.ttf"))?,
                other: face(include_bytes!("../../../assets/fonts/Fallback-Regular.ttf"))?,
            },
            semi_bold: Pair {
                own: face(include_bytes!("../../../assets/fonts/StrippenkaartSans-SemiBold.ttf"))?,
                other: face(include_bytes!("../../../assets/fonts/Fallback-Bold.ttf"))?,
            },
        })
    }

    const fn pair(&self, weight: Weight) -> &Pair {
        match weight {
            Weight::Regular => &self.regular,
            Weight::SemiBold => &self.semi_bold,
        }
    }

    /// A line as it can be printed in a weight: what no font has in Latin letters.
    pub fn printable<'t>(&self, weight: Weight, text: &'t str) -> Cow<'t, str> {
        let pair = self.pair(weight);
        if pair.own.has(text) {
            return Cow::Borrowed(text);
        }
        let letters: Vec<&str> = clusters(text).collect();
        let parts = letters.iter().map(|letter| match pair.face_of(letter) {
            Some(_) => (*letter).to_owned(),
            // Said together with its neighbours, so that a word has its capital once.
            None => format!("\u{0}{letter}\u{0}"),
        });
        let marked = parts.collect::<String>().replace("\u{0}\u{0}", "");
        let spoken = marked
            .split('\u{0}')
            .enumerate()
            .map(|(at, part)| if at % 2 == 0 { part.to_owned() } else { sepa_text::romanised(part, |_| false) });
        Cow::Owned(spoken.collect())
    }

    /// A printable line in as few parts as its fonts allow.
    pub fn runs(&self, weight: Weight, text: &str) -> Vec<Run<'_>> {
        let pair = self.pair(weight);
        if pair.own.has(text) {
            return vec![Run { face: &pair.own, text: text.to_owned() }];
        }
        let mut runs: Vec<Run<'_>> = Vec::new();
        for letter in clusters(text) {
            let face = pair.face_of(letter).unwrap_or(&pair.own);
            match runs.last_mut().filter(|run| std::ptr::eq(run.face, face)) {
                Some(run) => run.text.push_str(letter),
                None => runs.push(Run { face, text: letter.to_owned() }),
            }
        }
        runs
    }

    /// How wide a line is at a size as it is printed, in points.
    pub fn width(&self, weight: Weight, text: &str, size: f32) -> f32 {
        let text = self.printable(weight, text);
        self.runs(weight, &text).iter().map(|run| run.face.width(&run.text, size)).sum()
    }
}

impl Pair {
    /// The first font that has a letter with its marks.
    fn face_of(&self, letter: &str) -> Option<&Face> {
        [&self.own, &self.other].into_iter().find(|face| face.has(letter))
    }
}

/// Letters, each with the marks that stand on it.
fn clusters(text: &str) -> impl Iterator<Item = &str> {
    let is_mark =
        |char: char| matches!(char, '\u{300}'..='\u{36f}' | '\u{1ab0}'..='\u{1aff}' | '\u{20d0}'..='\u{20ff}');
    let mut starts: Vec<usize> =
        text.char_indices().filter(|(at, char)| *at == 0 || !is_mark(*char)).map(|(at, _)| at).collect();
    starts.push(text.len());
    (1..starts.len()).map(move |at| &text[starts[at - 1]..starts[at]])
}

impl Face {
    /// Whether the font has everything of a text.
    fn has(&self, text: &str) -> bool {
        self.shaped(text).glyph_infos().iter().all(|info| info.glyph_id != 0)
    }

    /// The glyphs of one line of text, left to right, advances as parts of the size. A character that the font lacks becomes
    /// a question mark on paper; the file still knows what it was.
    pub fn shape(&self, text: &str) -> Vec<KrillaGlyph> {
        let shaped = self.shaped(text);
        let em = units(self.shaper.units_per_em());
        let mut glyphs = Vec::with_capacity(shaped.len());
        let (mut end, mut start) = (text.len(), text.len());
        for (info, position) in shaped.glyph_infos().iter().zip(shaped.glyph_positions()).rev() {
            let from = usize::try_from(info.cluster).unwrap_or(start);
            if from < start {
                (start, end) = (from, start);
            }
            let (glyph, advance) = self.known(info.glyph_id, position.x_advance);
            let (right, up) = (units(position.x_offset) / em, units(position.y_offset) / em);
            glyphs.push(KrillaGlyph::new(glyph, units(advance) / em, right, up, 0.0, start..end, None));
        }
        glyphs.reverse();
        glyphs
    }

    /// How wide a text is at a size, in points.
    pub fn width(&self, text: &str, size: f32) -> f32 {
        let shaped = self.shaped(text);
        let glyphs = shaped.glyph_infos().iter().zip(shaped.glyph_positions());
        let advances = glyphs.map(|(info, position)| units(self.known(info.glyph_id, position.x_advance).1));
        advances.sum::<f32>() * size / units(self.shaper.units_per_em())
    }

    /// The glyphs as the font has them.
    fn shaped(&self, text: &str) -> GlyphBuffer {
        let mut buffer = UnicodeBuffer::new();
        buffer.push_str(text);
        buffer.guess_segment_properties();
        buffer.set_direction(Direction::LeftToRight);
        rustybuzz::shape(&self.shaper, &[], buffer)
    }

    /// The glyph and its advance, or those of the question mark in place of the missing one.
    fn known(&self, glyph: u32, advance: i32) -> (GlyphId, i32) {
        let replacement = (glyph == 0).then(|| self.shaper.glyph_index('?')).flatten();
        replacement.map_or((GlyphId::new(glyph), advance), |mark| {
            let width = self.shaper.glyph_hor_advance(mark).map_or(advance, i32::from);
            (GlyphId::new(u32::from(mark.0)), width)
        })
    }
}

/// Units of a font as a float; those of ours all fit 16 bits.
fn units(value: i32) -> f32 {
    f32::from(i16::try_from(value).unwrap_or(i16::MAX))
}
