//! The statement of one card: the card as it would lie on the table, where its hours are, and every movement.

use super::{
    layout::{ACCENT, BODY, INK, Ink, LEFT, MUTED, Mark, RIGHT, SMALL, Shape, Sheet, Style, WHITE, length},
    words::{euros, hours, short_day, words},
};
use crate::domain::{
    Minutes,
    card_statement::{CardRow, CardStatement},
    printed::day,
};

/// The paper of the card.
const PAPER: Ink = Ink(231, 242, 254);
/// A strip that is left.
const STRIP: Ink = Ink(142, 195, 249);
/// What is printed on the card.
const PRINT: Ink = Ink(0, 54, 107);
/// A strip that is gone.
const SPENT: Ink = Ink(209, 226, 244);
/// What is printed on it.
const SPENT_INK: Ink = Ink(73, 102, 132);

/// Width of the card.
const CARD: f32 = 276.0;
/// Height of its head.
const HEAD: f32 = 40.0;
/// Strips beside each other.
const PER_ROW: usize = 20;
/// The most strips that are drawn; a larger card gets larger ones.
const MOST: i64 = 120;
/// Height of a row of strips with the gap below it.
const ROW: f32 = 27.0;
/// Right ends of the columns taken, added and balance.
const COLUMNS: [f32; 3] = [430.0, 484.0, RIGHT];
/// Left side of the descriptions.
const WHAT: f32 = 136.0;

/// What the paper is called.
pub(super) fn title(statement: &CardStatement) -> &'static str {
    words(statement.locale).statement
}

/// What stands at the foot of every page.
pub(super) fn foot(statement: &CardStatement) -> String {
    let words = words(statement.locale);
    let on = day(statement.as_of, statement.locale);
    let parts = [
        statement.seller.clone(),
        format!("{} {}", words.customer_number, statement.customer_number),
        statement.reference.clone(),
        format!("{} {on}", words.as_of),
    ];
    parts.join("  ·  ")
}

/// The whole statement.
pub(super) fn draw(statement: &CardStatement, sheet: &mut Sheet<'_>) {
    heading(statement, sheet);
    let top = sheet.y;
    let below = card(statement, top, sheet);
    let sums = totals(statement, top, sheet);
    sheet.y = below.max(sums) + 34.0;
    rows(statement, sheet);
}

/// Who, whose, which, when.
fn heading(statement: &CardStatement, sheet: &mut Sheet<'_>) {
    let (words, locale) = (words(statement.locale), statement.locale);
    sheet.rule(LEFT, LEFT + 30.0, 46.0, 4.0, ACCENT);
    let name = Style::bold(11.0, INK);
    let seller = sheet.cut(&statement.seller, name, 300.0);
    sheet.text(LEFT, 68.0, name, &seller);
    let on = format!("{} {}", words.as_of, day(statement.as_of, locale));
    sheet.right(RIGHT, 68.0, BODY, &on);
    sheet.text(LEFT - 1.0, 126.0, Style::bold(27.0, INK), words.statement);
    let price = statement
        .price
        .map_or_else(|| words.free.to_owned(), |price| format!("{} {}", euros(price, locale), words.without_vat));
    sheet.labelled(LEFT, 152.0, words.customer, &statement.customer, 200.0);
    sheet.labelled(290.0, 152.0, words.customer_number, &statement.customer_number.to_string(), 90.0);
    sheet.labelled(THIRD, 152.0, words.price, &price, RIGHT - THIRD);
    sheet.y = 190.0;
}

/// Left side of the sums.
const THIRD: f32 = 385.0;

/// How much a strip of the drawing stands for: one of the card, or so many that the drawing does not get too large.
fn unit(statement: &CardStatement) -> i64 {
    let strip = statement.strip.0.max(1);
    let sizes = [strip, 60, 120, 300, 600, 1_200, 3_000, 6_000];
    let fits = |unit: &i64| *unit >= strip && statement.totals.granted.0 / unit < MOST;
    sizes.into_iter().find(fits).unwrap_or(i64::MAX / 2)
}

/// What became of a strip.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Strip {
    Used,
    Gone,
    Held,
    Left,
}

/// The strips in order: used ones first, as one punches a card, then what lapsed, what is reserved, what is left.
fn strips(statement: &CardStatement) -> Vec<Strip> {
    let (totals, unit) = (&statement.totals, unit(statement));
    let used = totals.used.0;
    let gone = used.saturating_add(totals.expired.0).saturating_add(totals.refunded.0).saturating_add(totals.frozen.0);
    let held = gone.saturating_add(totals.held.0);
    let granted = totals.granted.0.max(0);
    let count = granted / unit + i64::from(granted % unit != 0);
    (0..count.min(MOST))
        .map(|at| match at.saturating_mul(unit) {
            minute if minute < used => Strip::Used,
            minute if minute < gone => Strip::Gone,
            minute if minute < held => Strip::Held,
            _ => Strip::Left,
        })
        .collect()
}

/// The card; gives where it ends.
fn card(statement: &CardStatement, top: f32, sheet: &mut Sheet<'_>) -> f32 {
    let words = words(statement.locale);
    let strips = strips(statement);
    let height = HEAD + 40.0 + ROW * length(strips.len().div_ceil(PER_ROW)) + 26.0;
    sheet.fill(Shape::Box { x: LEFT, y: top, w: CARD, h: height, round: 7.0 }, PAPER);
    sheet.fill(Shape::Box { x: LEFT, y: top, w: CARD, h: HEAD, round: 7.0 }, STRIP);
    sheet.fill(Shape::Box { x: LEFT, y: top + HEAD - 10.0, w: CARD, h: 10.0, round: 0.0 }, STRIP);
    let dots = (0..34).map(|at| Shape::Disc { x: LEFT + 6.0 + 8.0 * length(at), y: top + HEAD, r: 2.2 }).collect();
    sheet.mark(Mark::Fill { shapes: dots, ink: PAPER });

    let name = Style::bold(14.0, PRINT);
    let title = sheet.cut(&statement.card, name, CARD - 110.0);
    sheet.text(LEFT + 14.0, top + 25.0, name, &title);
    sheet.right(LEFT + CARD - 14.0, top + 24.5, Style::regular(8.0, PRINT), &statement.reference);

    let y = top + HEAD + 27.0;
    let big = Style::bold(16.0, PRINT);
    let small = Style::regular(9.0, PRINT);
    let mut x = LEFT + 14.0;
    let (left, granted) = (hours(statement.totals.available), hours(statement.totals.granted));
    for (style, text) in [
        (small, words.left.to_owned()),
        (big, left),
        (small, format!("{} {granted} {}", words.left_of, words.left_after)),
    ] {
        sheet.text(x, y, style, &text);
        let width = sheet.width(&text, style);
        x += if width > 0.0 { width + 4.0 } else { 0.0 };
    }
    draw_strips(&strips, statement, y + 13.0, sheet);
    card_foot(statement, top + height - 11.0, sheet);
    top + height
}

/// The foot of the card: its validity, and what a strip stands for.
fn card_foot(statement: &CardStatement, y: f32, sheet: &mut Sheet<'_>) {
    let (words, locale) = (words(statement.locale), statement.locale);
    let style = Style::regular(7.5, PRINT);
    let from = short_day(statement.valid_from, locale);
    let validity = match statement.valid_until {
        Some(until) => format!("{} {from} {} {}", words.valid, words.until, short_day(until, locale)),
        None => format!("{} {} {from}", words.valid, words.from),
    };
    sheet.text(LEFT + 14.0, y, style, &validity);
    let strip = format!("{} {} {}", words.strip_is, hours(Minutes(unit(statement))), words.hours);
    sheet.right(LEFT + CARD - 14.0, y, style, &strip);
}

/// One strip in a box of left, top, width and height: punched, lapsed, reserved or whole.
fn draw_strip(strip: Strip, (x, y, w, h): (f32, f32, f32, f32), sheet: &mut Sheet<'_>) {
    let shape = Shape::Box { x, y, w, h, round: 1.5 };
    match strip {
        Strip::Used => {
            sheet.fill(shape, SPENT);
            sheet.fill(Shape::Disc { x: x + w / 2.0, y: y + h * 0.62, r: w * 0.27 }, WHITE);
        }
        Strip::Gone => sheet.mark(Mark::Outline { shape, ink: SPENT_INK, dash: Some(1.6) }),
        Strip::Held => {
            sheet.fill(shape, WHITE);
            sheet.mark(Mark::Outline { shape, ink: STRIP, dash: None });
        }
        Strip::Left => sheet.fill(shape, STRIP),
    }
}

/// The strips in rows, with a little more room after every hour, and the number of the hour in its first strip.
fn draw_strips(strips: &[Strip], statement: &CardStatement, top: f32, sheet: &mut Sheet<'_>) {
    let unit = unit(statement);
    let per_hour = usize::try_from(60 / unit).unwrap_or(1).clamp(1, PER_ROW);
    let group = if per_hour == 1 { 5 } else { per_hour };
    let gaps = length(PER_ROW.div_ceil(group) - 1);
    let width = (CARD - 28.0 - 4.0 * gaps - 1.5 * length(PER_ROW - 1)) / length(PER_ROW);
    for (at, strip) in strips.iter().enumerate() {
        let (row, column) = (at / PER_ROW, at % PER_ROW);
        let x = LEFT + 14.0 + (width + 1.5) * length(column) + 4.0 * length(column / group);
        let y = top + ROW * length(row);
        draw_strip(*strip, (x, y, width, ROW - 5.0), sheet);
        if per_hour > 1 && at % per_hour == 0 {
            let ink = if *strip == Strip::Left { PRINT } else { SPENT_INK };
            sheet.text(x + 1.6, y + 7.4, Style::bold(5.5, ink), &(at / per_hour + 1).to_string());
        }
    }
}

/// Where the hours are; gives where it ends. What is nothing is left out, but for the used and the available.
fn totals(statement: &CardStatement, top: f32, sheet: &mut Sheet<'_>) -> f32 {
    let (words, totals) = (words(statement.locale), &statement.totals);
    let mut y = top + 14.0;
    let parts = [
        (words.granted, totals.granted, None),
        (words.used, totals.used, Some(Strip::Used)),
        (words.held, totals.held, Some(Strip::Held)),
        (words.expired, totals.expired, Some(Strip::Gone)),
        (words.frozen, totals.frozen, Some(Strip::Gone)),
        (words.refunded, totals.refunded, Some(Strip::Gone)),
    ];
    for (label, minutes, strip) in parts {
        let always = matches!(strip, None | Some(Strip::Used));
        if !always && minutes.is_zero() {
            continue;
        }
        if let Some(strip) = strip {
            draw_strip(strip, (THIRD, y - 10.5, 8.0, 13.0), sheet);
        }
        sheet.text(THIRD + 16.0, y, Style::regular(9.5, MUTED), label);
        let shown = if strip.is_none() || minutes.is_zero() { minutes } else { Minutes(-minutes.0) };
        sheet.right(RIGHT, y, BODY, &hours(shown));
        y += 18.0;
    }
    draw_strip(Strip::Left, (THIRD, y + 3.5, 8.0, 13.0), sheet);
    sheet.rule(THIRD, RIGHT, y - 7.0, 1.0, ACCENT);
    sheet.text(THIRD + 16.0, y + 14.0, Style::bold(10.5, INK), words.available);
    sheet.right(RIGHT, y + 14.0, Style::bold(18.0, ACCENT), &hours(totals.available));
    y + 20.0
}

/// The head of the table; it stands again on every page.
fn table_head(statement: &CardStatement, sheet: &mut Sheet<'_>) {
    let words = words(statement.locale);
    let (y, style) = (sheet.y, Style::bold(7.5, ACCENT));
    sheet.text(LEFT, y, style, words.day);
    sheet.text(WHAT, y, style, words.description);
    for (x, label) in COLUMNS.into_iter().zip([words.taken, words.added, words.balance]) {
        sheet.right(x, y, style, label);
    }
    sheet.rule(LEFT, RIGHT, y + 7.0, 1.0, ACCENT);
    sheet.y = y + 8.0;
}

/// Every movement.
fn rows(statement: &CardStatement, sheet: &mut Sheet<'_>) {
    let words = words(statement.locale);
    table_head(statement, sheet);
    if statement.rows.is_empty() {
        sheet.text(LEFT, sheet.y + 18.0, Style::regular(9.5, MUTED), words.no_rows);
    }
    let again = |sheet: &mut Sheet<'_>| {
        turn(statement, sheet);
        table_head(statement, sheet);
    };
    let width = COLUMNS[0] - WHAT - 50.0;
    for row in &statement.rows {
        let texts = sheet.wrap(&row.description, BODY, width);
        let about: Vec<&str> = [row.ticket.as_deref(), row.who.as_deref()].into_iter().flatten().collect();
        let details = sheet.wrap(&about.join("  ·  "), SMALL, width);
        sheet.row(WHAT, (&texts, &details), again, |y, sheet| figures(statement, row, y, sheet));
    }
}

/// Goes on at the next page, which says what it belongs to.
fn turn(statement: &CardStatement, sheet: &mut Sheet<'_>) {
    let words = words(statement.locale);
    sheet.turn();
    sheet.rule(LEFT, LEFT + 30.0, 46.0, 4.0, ACCENT);
    sheet.text(LEFT, 68.0, Style::bold(9.5, INK), &statement.seller);
    let name = format!("{} {}, {}", words.statement, statement.reference, words.continued);
    sheet.right(RIGHT, 68.0, SMALL, &name);
}

/// The day and figures of one movement.
fn figures(statement: &CardStatement, row: &CardRow, y: f32, sheet: &mut Sheet<'_>) {
    let shown = |minutes: Minutes| if minutes.is_zero() { String::new() } else { hours(minutes) };
    sheet.text(LEFT, y, BODY, &short_day(row.on, statement.locale));
    sheet.right(COLUMNS[0], y, BODY, &shown(row.taken));
    sheet.right(COLUMNS[1], y, BODY, &shown(row.added));
    sheet.right(COLUMNS[2], y, Style::bold(9.5, INK), &hours(row.balance));
}
