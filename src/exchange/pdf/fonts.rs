//! The two fonts of our paper, measured and shaped. Their figures are all of one width, so columns of amounts line up.

use super::PdfError;
use krilla::text::{Font, GlyphId, KrillaGlyph};
use rustybuzz::{Direction, GlyphBuffer, UnicodeBuffer};

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

/// Both weights.
pub(super) struct Fonts {
    regular: Face,
    semi_bold: Face,
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
            regular: face(include_bytes!("../../../assets/fonts/StrippenkaartSans-Regular.ttf"))?,
            semi_bold: face(include_bytes!("../../../assets/fonts/StrippenkaartSans-SemiBold.ttf"))?,
        })
    }

    /// The font of a weight.
    pub const fn face(&self, weight: Weight) -> &Face {
        match weight {
            Weight::Regular => &self.regular,
            Weight::SemiBold => &self.semi_bold,
        }
    }
}

impl Face {
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
