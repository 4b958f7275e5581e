//! Sheets of A4: what stands where on which page. Nothing here knows what an invoice is.

use super::fonts::{Fonts, Weight};
use crate::exchange::xml::one_line;

/// Width of the paper.
pub(super) const WIDTH: f32 = 595.28;
/// Height of the paper.
pub(super) const HEIGHT: f32 = 841.89;
/// Where text begins: 25 mm, so that an address shows in the window of an envelope.
pub(super) const LEFT: f32 = 70.9;
/// Where text ends, 20 mm before the edge.
pub(super) const RIGHT: f32 = 538.6;
/// Below this stands nothing but the foot.
pub(super) const BOTTOM: f32 = 772.0;
/// Where what goes on begins on a later page.
const AGAIN: f32 = 96.0;
/// From the line above a row to its first baseline.
const ABOVE: f32 = 17.0;
/// Baseline of the foot.
const FOOT: f32 = 806.0;

/// A colour of ink: red, green, blue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ink(pub u8, pub u8, pub u8);

/// Text.
pub(super) const INK: Ink = Ink(27, 36, 53);
/// Labels and asides.
pub(super) const MUTED: Ink = Ink(94, 102, 116);
/// Thin lines.
pub(super) const LINE: Ink = Ink(216, 221, 229);
/// The one accent.
pub(super) const ACCENT: Ink = Ink(25, 74, 160);
/// The ground of a box.
pub(super) const TINT: Ink = Ink(241, 245, 251);
/// Paper.
pub(super) const WHITE: Ink = Ink(255, 255, 255);

/// How a text looks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Style {
    /// Thin or thick.
    pub weight: Weight,
    /// Size in points.
    pub size: f32,
    /// Colour.
    pub ink: Ink,
}

impl Style {
    /// Thin text.
    pub const fn regular(size: f32, ink: Ink) -> Self {
        Self { weight: Weight::Regular, size, ink }
    }

    /// Thick text.
    pub const fn bold(size: f32, ink: Ink) -> Self {
        Self { weight: Weight::SemiBold, size, ink }
    }
}

/// What most text looks like.
pub(super) const BODY: Style = Style::regular(9.5, INK);
/// The small word above or beside a value.
pub(super) const LABEL: Style = Style::regular(7.5, MUTED);
/// Second lines.
pub(super) const SMALL: Style = Style::regular(8.0, MUTED);

/// A figure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Shape {
    /// A box with corners of radius `round`; left, top, width, height.
    Box {
        /// Left.
        x: f32,
        /// Top.
        y: f32,
        /// Width.
        w: f32,
        /// Height.
        h: f32,
        /// Radius of the corners.
        round: f32,
    },
    /// A disc around a point.
    Disc {
        /// Middle.
        x: f32,
        /// Middle.
        y: f32,
        /// Radius.
        r: f32,
    },
}

/// Something on a page.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Mark {
    /// One line of text from `x` on the baseline `y`.
    Text {
        /// Left end.
        x: f32,
        /// Baseline.
        y: f32,
        /// Look.
        style: Style,
        /// The text.
        text: String,
    },
    /// Figures of one colour.
    Fill {
        /// The figures.
        shapes: Vec<Shape>,
        /// Colour.
        ink: Ink,
    },
    /// The outline of a figure.
    Outline {
        /// The figure.
        shape: Shape,
        /// Colour.
        ink: Ink,
        /// Length of dashes; whole where there is none.
        dash: Option<f32>,
    },
}

/// Pages that are being filled from the top, and how far the last one is.
pub(super) struct Sheet<'f> {
    fonts: &'f Fonts,
    pages: Vec<Vec<Mark>>,
    /// Where the next thing goes.
    pub y: f32,
}

impl<'f> Sheet<'f> {
    /// One empty page.
    pub fn new(fonts: &'f Fonts) -> Self {
        Self { fonts, pages: vec![Vec::new()], y: 0.0 }
    }

    /// Goes on at the top of a new page.
    pub fn turn(&mut self) {
        self.pages.push(Vec::new());
        self.y = AGAIN;
    }

    /// Whether `height` more fits on this page.
    pub fn fits(&self, height: f32) -> bool {
        self.y + height <= BOTTOM
    }

    /// Puts something on the current page.
    pub fn mark(&mut self, mark: Mark) {
        if let Some(page) = self.pages.last_mut() {
            page.push(mark);
        }
    }

    /// One line of text from `x`.
    pub fn text(&mut self, x: f32, y: f32, style: Style, text: &str) {
        let text = one_line(text);
        if !text.is_empty() {
            self.mark(Mark::Text { x, y, style, text });
        }
    }

    /// One line of text that ends at `x`.
    pub fn right(&mut self, x: f32, y: f32, style: Style, text: &str) {
        self.text(x - self.width(text, style), y, style, text);
    }

    /// Lines of text from `x`, the first on baseline `y`; gives the baseline after the last.
    pub fn lines(&mut self, x: f32, y: f32, style: Style, leading: f32, lines: &[String]) -> f32 {
        lines.iter().fold(y, |y, line| {
            self.text(x, y, style, line);
            y + leading
        })
    }

    /// A filled box.
    pub fn fill(&mut self, shape: Shape, ink: Ink) {
        self.mark(Mark::Fill { shapes: vec![shape], ink });
    }

    /// A line across from `x` to `to`, `height` thick, its top at `y`.
    pub fn rule(&mut self, x: f32, to: f32, y: f32, height: f32, ink: Ink) {
        self.fill(Shape::Box { x, y, w: to - x, h: height, round: 0.0 }, ink);
    }

    /// How wide a text is.
    pub fn width(&self, text: &str, style: Style) -> f32 {
        self.fonts.width(style.weight, &one_line(text), style.size)
    }

    /// `text` in lines no wider than `width`, broken at spaces; a word that is wider alone is broken anywhere.
    pub fn wrap(&self, text: &str, style: Style, width: f32) -> Vec<String> {
        let space = self.width("n n", style) - self.width("nn", style);
        let mut lines: Vec<String> = Vec::new();
        let mut room = 0.0;
        for piece in one_line(text).split(' ').flat_map(|word| self.pieces(word, style, width)) {
            let wide = self.width(&piece, style);
            match lines.last_mut() {
                Some(line) if space + wide <= room => {
                    line.push(' ');
                    line.push_str(&piece);
                    room -= space + wide;
                }
                _ => {
                    lines.push(piece);
                    room = width - wide;
                }
            }
        }
        lines
    }

    /// A word, or where it is wider than `width` its pieces that are not.
    fn pieces(&self, word: &str, style: Style, width: f32) -> Vec<String> {
        if word.is_empty() || self.width(word, style) <= width {
            return if word.is_empty() { Vec::new() } else { vec![word.to_owned()] };
        }
        let (mut pieces, mut room) = (vec![String::new()], width);
        for c in word.chars() {
            let wide = self.width(c.encode_utf8(&mut [0; 4]), style);
            if wide > room && pieces.last().is_some_and(|piece| !piece.is_empty()) {
                pieces.push(String::new());
                room = width;
            }
            room -= wide;
            if let Some(piece) = pieces.last_mut() {
                piece.push(c);
            }
        }
        pieces
    }

    /// `text`, cut with an ellipsis where it is wider than `width`.
    pub fn cut(&self, text: &str, style: Style, width: f32) -> String {
        let text = one_line(text);
        if self.width(&text, style) <= width {
            return text;
        }
        let mut kept = String::new();
        for c in text.chars() {
            kept.push(c);
            if self.width(&format!("{kept}…"), style) > width {
                kept.pop();
                break;
            }
        }
        format!("{}…", kept.trim_end())
    }

    /// The small word and its value below it; neither where there is no value.
    pub fn labelled(&mut self, x: f32, y: f32, label: &str, value: &str, width: f32) {
        if one_line(value).is_empty() {
            return;
        }
        self.text(x, y, LABEL, label);
        let value = self.cut(value, BODY, width);
        self.text(x, y + 13.0, BODY, &value);
    }

    /// One row of a table: `texts` and smaller `details` from `x`, and `figures` on the baseline of the first, which they
    /// get. It stands on one page; where it does not fit, `again` turns to the next. A row longer than a page goes on.
    pub fn row(
        &mut self,
        x: f32,
        (texts, details): (&[String], &[String]),
        again: impl Fn(&mut Self),
        figures: impl FnOnce(f32, &mut Self),
    ) {
        let height = ABOVE + 13.0 * length(texts.len().max(1)) + 11.0 * length(details.len()) - 5.0;
        if !self.fits(height) {
            again(self);
        }
        self.y += ABOVE;
        figures(self.y, self);
        let lines = texts.iter().map(|text| (BODY, 13.0, text)).chain(details.iter().map(|text| (SMALL, 11.0, text)));
        for (style, leading, text) in lines {
            if self.y > BOTTOM - 5.0 {
                again(self);
                self.y += ABOVE;
            }
            self.text(x, self.y, style, text);
            self.y += leading;
        }
        self.y -= 5.0;
        self.rule(LEFT, RIGHT, self.y, 0.5, LINE);
    }

    /// The pages, each with `foot` and, where there is more than one, its number.
    pub fn finish(mut self, foot: &str) -> Vec<Vec<Mark>> {
        let pages = std::mem::take(&mut self.pages);
        let count = pages.len();
        let style = Style::regular(7.0, MUTED);
        let foot = self.cut(foot, style, RIGHT - LEFT - 40.0);
        let mut finished = Vec::new();
        for (at, page) in pages.into_iter().enumerate() {
            self.pages = vec![page];
            self.rule(LEFT, RIGHT, FOOT - 14.0, 0.5, LINE);
            self.text(LEFT, FOOT, style, &foot);
            self.right(RIGHT, FOOT, style, &format!("{} / {count}", at + 1));
            finished.append(&mut self.pages);
        }
        finished
    }
}

/// A small number as a length.
pub(super) fn length(number: usize) -> f32 {
    f32::from(u16::try_from(number).unwrap_or(u16::MAX))
}
