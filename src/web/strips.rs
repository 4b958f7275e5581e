//! A card drawn as a strippenkaart: which strips are punched, held and left, as the outlines that `macros/hours.html` puts into an SVG.
//!
//! One row of strips is an hour wherever the increment divides an hour. What was used comes first, as on paper; a strip that is used in part
//! (the increment changed, CARD-6's figures did not) is drawn in two parts.

use crate::domain::Minutes;
use std::fmt::Write as _;

/// Width of a row, in units of the drawing.
const WIDTH: i64 = 240;
/// Distance from one row to the next, in units of the drawing.
const PITCH: i64 = 16;
/// A card of more rows than this is drawn in strips of an hour.
const MOST_ROWS: i64 = 20;

/// One card as the pages show it. All minutes are charged minutes (CARD-6).
#[derive(Clone, Debug)]
pub struct CardView {
    /// The product: "10 uur".
    pub name: String,
    /// What the customer calls this card by: "K-0042".
    pub reference: String,
    /// A welcome card (CARD-2): drawn pink, as reduced fare was.
    pub free: bool,
    /// `active`, `pending`, `used-up`, `expired`, `frozen`, `refunded` or `converted`: the class of the card and its stamp.
    pub status: &'static str,
    /// "geldig t/m 31 december 2028" or "verloopt niet" (CARD-5).
    pub validity: String,
    /// The length of one strip (TIME-2).
    pub increment: Minutes,
    /// What the card is sold with, also before it is paid (CARD-3).
    pub minutes: Minutes,
    /// Used.
    pub used: Minutes,
    /// Held for agreed estimates.
    pub held: Minutes,
    /// Available.
    pub available: Minutes,
    /// Frozen by a reversed payment (PAY-3).
    pub frozen: Minutes,
    /// Expired (CARD-5).
    pub expired: Minutes,
    /// Given back (CARD-7).
    pub refunded: Minutes,
    /// Gone on as another card at a new rate (CARD-10).
    pub converted: Minutes,
    /// "alleen voor dorpsschool.nl": what it pays for; empty for everything (CARD-8).
    pub scope: String,
}

/// The strips of a card.
#[derive(Debug, PartialEq, Eq)]
pub struct Drawing {
    /// Height in units of the drawing; the width is always 240.
    pub height: i64,
    /// What one strip stands for: the increment, or an hour on a big card.
    pub strip: Minutes,
    /// The strips of each state that the card has.
    pub layers: Vec<Layer>,
    /// The printed numbers; none on hatched strips, none at all where strips are too narrow.
    pub numbers: Vec<Number>,
}

/// All strips of one state.
#[derive(Debug, PartialEq, Eq)]
pub struct Layer {
    /// `used`, `held`, `left`, `frozen`, `expired`, `refunded`, `converted` or `pending`: the class of the path.
    pub state: &'static str,
    /// The outlines, as SVG path data.
    pub outlines: String,
    /// What makes the state readable without colour, as SVG path data: a hole in what is used, a stroke through what has expired, a pause sign
    /// on what is frozen, an arrow through what went on elsewhere; empty otherwise (held strips are hatched, which the template does).
    pub marks: String,
}

/// A number printed on a strip.
#[derive(Debug, PartialEq, Eq)]
pub struct Number {
    /// Left edge, in units of the drawing.
    pub x: i64,
    /// Base line, in units of the drawing.
    pub y: i64,
    /// 1 for the first strip.
    pub nth: i64,
    /// Whether the strip is still there to use.
    pub left: bool,
}

/// How minutes become places: minutes per strip and per row.
struct Grid {
    strip: i64,
    row: i64,
}

impl Grid {
    fn of(minutes: i64, increment: i64) -> Self {
        let strip = increment.max(5);
        let row = if strip < 60 && 60 % strip == 0 { 60 } else { strip * 4 };
        if minutes > row * MOST_ROWS { Self { strip: 60, row: 240 } } else { Self { strip, row } }
    }

    fn x(&self, minute: i64) -> i64 {
        minute % self.row * WIDTH / self.row
    }

    fn y(&self, minute: i64) -> i64 {
        minute / self.row * PITCH
    }

    fn width(&self, minutes: i64) -> i64 {
        minutes * WIDTH / self.row
    }

    /// The parts of strips between two minutes of the card.
    fn parts(&self, from: i64, to: i64) -> impl Iterator<Item = (i64, i64)> {
        let strip = self.strip;
        (from / strip..(to + strip - 1) / strip).map(move |n| {
            let start = from.max(n * strip);
            (start, to.min((n + 1) * strip) - start)
        })
    }

    fn layer(&self, state: &'static str, from: i64, to: i64) -> Layer {
        let (mut outlines, mut marks) = (String::new(), String::new());
        for (start, length) in self.parts(from, to) {
            let (x, y, width) = (self.x(start), self.y(start), self.width(length));
            let inner = (width - 2).max(1);
            let _ = write!(outlines, "M{} {}h{inner}v14h-{inner}z", x + 1, y + 1);
            let middle = x + width / 2;
            let _ = match state {
                "used" if width * 2 > self.width(self.strip) => {
                    write!(marks, "M{middle} {}a4.5 4.5 0 0 1 0 9a4.5 4.5 0 0 1 0-9", y + 3)
                }
                "converted" if width * 2 > self.width(self.strip) => {
                    write!(marks, "M{} {}h8m-3-3l3 3l-3 3", middle - 4, y + 8)
                }
                "expired" => write!(marks, "M{} {}h{inner}", x + 1, y + 8),
                "frozen" if width * 2 > self.width(self.strip) => write!(marks, "M{} {}v7m4 0v-7", middle - 2, y + 5),
                _ => Ok(()),
            };
        }
        Layer { state, outlines, marks }
    }
}

impl CardView {
    /// The strips to draw. What the figures leave of `minutes` is not active yet.
    #[must_use]
    pub fn drawing(&self) -> Drawing {
        let total = self.minutes.0;
        let grid = Grid::of(total, self.increment.0);
        let figures = [
            ("used", self.used),
            ("held", self.held),
            ("left", self.available),
            ("frozen", self.frozen),
            ("expired", self.expired),
            ("refunded", self.refunded),
            ("converted", self.converted),
        ];
        let rest = self.minutes.less(figures.iter().map(|(_, minutes)| *minutes).sum());
        let mut layers = Vec::new();
        let mut from = 0;
        for (state, Minutes(minutes)) in figures.into_iter().chain([("pending", rest)]) {
            if minutes > 0 {
                layers.push(grid.layer(state, from, from + minutes));
            }
            from += minutes;
        }
        let hidden = self.used.0..(self.used + self.held).0;
        let left = hidden.end..hidden.end + self.available.0;
        let number = |(n, (start, _))| Number {
            x: grid.x(start) + 4,
            y: grid.y(start) + 11,
            nth: n,
            left: left.contains(&start),
        };
        let printed = |(_, (start, _)): &(i64, (i64, i64))| grid.width(grid.strip) >= 40 && !hidden.contains(start);
        let numbers = (1..).zip(grid.parts(0, total)).filter(printed).map(number).collect();
        Drawing { height: (total + grid.row - 1) / grid.row * PITCH, strip: Minutes(grid.strip), layers, numbers }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn card(minutes: i64, increment: i64, used: i64, held: i64, available: i64) -> CardView {
        let zero = Minutes::ZERO;
        CardView {
            name: "10 uur".into(),
            reference: "K-0042".into(),
            free: false,
            status: "active",
            validity: "verloopt niet".into(),
            increment: Minutes(increment),
            minutes: Minutes(minutes),
            used: Minutes(used),
            held: Minutes(held),
            available: Minutes(available),
            frozen: zero,
            expired: zero,
            refunded: zero,
            converted: zero,
            scope: String::new(),
        }
    }

    /// How many strips, or parts of strips, each state has.
    fn counted(card: &CardView) -> Vec<(&'static str, usize)> {
        card.drawing().layers.iter().map(|layer| (layer.state, layer.outlines.matches('z').count())).collect()
    }

    #[test]
    fn a_row_is_an_hour_and_every_strip_is_drawn_once() {
        let drawing = card(600, 15, 135, 60, 405).drawing();
        assert_eq!((drawing.height, drawing.strip, drawing.numbers.len()), (160, Minutes(15), 36));
        assert_eq!(counted(&card(600, 15, 135, 60, 405)), [("used", 9), ("held", 4), ("left", 27)]);
    }

    #[test]
    fn a_strip_used_in_part_is_drawn_in_two_parts() {
        assert_eq!(counted(&card(300, 15, 37, 0, 263)), [("used", 3), ("left", 18)]);
    }

    #[test]
    fn the_last_strip_may_be_short() {
        let drawing = card(65, 15, 0, 0, 65).drawing();
        assert_eq!(drawing.height, 32);
        assert!(drawing.layers[0].outlines.ends_with("M1 17h18v14h-18z"));
    }

    #[test]
    fn a_big_card_is_drawn_in_hours_and_an_unpaid_one_as_pending() {
        assert_eq!(card(2400, 15, 0, 0, 2400).drawing().strip, Minutes(60));
        assert_eq!(counted(&card(1200, 15, 0, 0, 0)), [("pending", 80)]);
    }

    #[test]
    fn nothing_is_drawn_outside_the_card_for_any_increment() {
        for increment in 1..=90 {
            for minutes in [1, 14, 180, 425, 1200, 6000] {
                let drawing =
                    card(minutes, increment, minutes / 3, minutes / 4, minutes - minutes / 3 - minutes / 4).drawing();
                assert!(drawing.numbers.iter().all(|n| n.x < WIDTH && n.y < drawing.height), "{increment} {minutes}");
                assert!(
                    drawing.height > 0 && drawing.height <= PITCH * 30,
                    "{increment} {minutes}: {}",
                    drawing.height
                );
            }
        }
    }
}
