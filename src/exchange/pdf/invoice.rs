//! Where everything stands on an invoice or credit note.
//!
//! From the top: who sells (right), the address in the window, the title and its facts, the lines, the sums, and at the
//! bottom of the last page how it is paid.

use super::{
    layout::{ACCENT, BODY, BOTTOM, INK, LEFT, MUTED, Mark, RIGHT, SMALL, Shape, Sheet, Style, TINT, WHITE, length},
    words::{Words, amount, euros, hours, rate, words},
};
use crate::{
    domain::{
        Cents, Locale,
        document::{Document, DocumentKind, DocumentLine, Party, Payable, Quantity, VatCategory},
        iban::{grouped, masked},
        printed::day,
    },
    exchange::epc::{self, Qr},
};

/// Left side of the second half: the seller, the sums.
const HALF: f32 = 330.0;
/// Left side of the third of three columns of facts.
const THIRDS: [f32; 3] = [LEFT, 226.8, 382.7];
/// Right ends of the columns quantity, price and VAT.
const COLUMNS: [f32; 3] = [348.0, 432.0, 470.0];
/// Width of the descriptions.
const DESCRIPTION: f32 = 218.0;
/// Height of the box at the bottom.
const PAY_BOX: f32 = 112.0;

/// What the document is called.
pub(super) fn title(document: &Document) -> &'static str {
    let words = words(document.locale);
    match document.kind {
        DocumentKind::Invoice => words.invoice,
        DocumentKind::CreditNote => words.credit_note,
    }
}

/// What stands at the foot of every page.
pub(super) fn foot(document: &Document) -> String {
    let words = words(document.locale);
    let numbers = numbers(document, words).into_iter().map(|(label, value)| format!("{label} {value}"));
    [document.seller.name.clone()].into_iter().chain(numbers).collect::<Vec<_>>().join("  ·  ")
}

/// The whole document.
pub(super) fn draw(document: &Document, sheet: &mut Sheet<'_>) {
    letterhead(document, sheet);
    facts(document, sheet);
    lines(document, sheet);
    sums(document, sheet);
    payment(document, sheet);
}

/// Whether it stands outside VAT: then no VAT number is shown.
fn outside(document: &Document) -> bool {
    document.lines.iter().any(|line| line.category == VatCategory::Outside)
}

/// The seller's numbers with their names.
fn numbers(document: &Document, words: &Words) -> Vec<(&'static str, String)> {
    let (registration, vat) = (words.registration, words.vat_number);
    let vat_number = document.seller.vat_number.clone().filter(|_| !outside(document));
    let account = document.seller_iban.as_deref().filter(|_| !document.example).map(grouped);
    [(registration, document.seller.registration.clone()), (vat, vat_number), ("IBAN", account)]
        .into_iter()
        .filter_map(|(label, value)| Some((label, value?)))
        .collect()
}

/// Post code and town on one line.
fn town(party: &Party) -> String {
    [party.postcode.as_deref(), party.city.as_deref()].into_iter().flatten().collect::<Vec<_>>().join("  ")
}

/// Who sells, and the address of who buys, where the window of an envelope shows it.
fn letterhead(document: &Document, sheet: &mut Sheet<'_>) {
    let (seller, buyer, words) = (&document.seller, &document.buyer, words(document.locale));
    sheet.rule(LEFT, LEFT + 30.0, 46.0, 4.0, ACCENT);
    let name = Style::bold(15.0, INK);
    let name_lines = sheet.wrap(&seller.name, name, HALF - LEFT - 20.0);
    sheet.lines(LEFT, 72.0, name, 18.0, &name_lines[..name_lines.len().min(2)]);

    let x = THIRDS[2];
    let mut y = 52.0;
    let reach = [seller.street.clone(), Some(town(seller)), seller.email.clone(), seller.phone.clone()];
    for text in reach.into_iter().flatten() {
        let lines = sheet.wrap(&text, SMALL, RIGHT - x);
        y = sheet.lines(x, y, SMALL, 11.5, &lines);
    }
    y += 5.0;
    for (label, value) in numbers(document, words) {
        sheet.text(x, y, SMALL, label);
        sheet.text(x + 30.0, y, SMALL, &value);
        y += 11.5;
    }

    let sender: Vec<String> =
        [Some(seller.name.clone()), seller.street.clone(), Some(town(seller))].into_iter().flatten().collect();
    let tiny = Style::regular(6.5, MUTED);
    let sender = sheet.cut(&sender.join("  ·  "), tiny, 225.0);
    sheet.text(LEFT, 140.0, tiny, &sender);
    let style = Style::regular(10.5, INK);
    let mut address = sheet.wrap(&buyer.name, style, 225.0);
    address.truncate(3);
    address.extend(buyer.street.iter().flat_map(|street| sheet.wrap(street, style, 225.0)).take(2));
    address.push(town(buyer));
    if buyer.country != seller.country {
        address.push(buyer.country.clone());
    }
    sheet.lines(LEFT, 158.0, style, 14.5, &address);
}

/// The title and the facts: number, days, references.
fn facts(document: &Document, sheet: &mut Sheet<'_>) {
    let (words, locale) = (words(document.locale), document.locale);
    sheet.text(LEFT - 1.0, 282.0, Style::bold(27.0, INK), title(document));
    if document.example {
        let mark = Style::bold(27.0, ACCENT);
        sheet.text(RIGHT - sheet.width(words.example, mark), 282.0, mark, words.example);
    }
    let issued = day(document.issued_on, locale);
    let due = day(document.due_on, locale);
    let [number, on, third] = match (&document.kind, &document.credits, &document.payable) {
        (DocumentKind::CreditNote, Some((credited, of)), _) => {
            let credited = format!("{credited} {} {}", words.of_day, day(*of, locale));
            [(words.credit_number, document.number.clone()), (words.credited_on, issued), (words.credits, credited)]
        }
        (DocumentKind::CreditNote, None, _) => {
            [(words.credit_number, document.number.clone()), (words.credited_on, issued), ("", String::new())]
        }
        (DocumentKind::Invoice, _, payable) => {
            let label = if matches!(payable, Payable::DirectDebit { .. }) { words.collected_on } else { words.due_on };
            [(words.invoice_number, document.number.clone()), (words.issued_on, issued), (label, due)]
        }
    };
    let below = [
        (words.customer_number, document.customer_number.to_string()),
        (words.your_reference, document.buyer_reference.clone()),
        (words.supplied_on, day(document.supplied_on, locale)),
    ];
    for (at, (label, value)) in [number, on, third].into_iter().chain(below).enumerate() {
        let y = if at < 3 { 308.0 } else { 341.0 };
        sheet.labelled(THIRDS[at % 3], y, label, &value, RIGHT - THIRDS[2]);
    }
    sheet.y = 386.0;
}

/// The head of the table of lines; it stands again on every page.
fn table_head(document: &Document, sheet: &mut Sheet<'_>) {
    let words = words(document.locale);
    let y = sheet.y;
    let style = Style::bold(7.5, ACCENT);
    sheet.text(LEFT, y, style, words.description);
    for (x, label) in COLUMNS.into_iter().zip([words.quantity, words.price, words.vat]) {
        sheet.right(x, y, style, label);
    }
    sheet.right(RIGHT, y, style, words.amount);
    sheet.rule(LEFT, RIGHT, y + 7.0, 1.0, ACCENT);
    sheet.y = y + 8.0;
}

/// Goes on at the next page, which says what it belongs to.
fn turn(document: &Document, sheet: &mut Sheet<'_>) {
    sheet.turn();
    sheet.rule(LEFT, LEFT + 30.0, 46.0, 4.0, ACCENT);
    sheet.text(LEFT, 68.0, Style::bold(9.5, INK), &document.seller.name);
    let name = format!("{} {}, {}", title(document), document.number, words(document.locale).continued);
    sheet.right(RIGHT, 68.0, SMALL, &name);
}

/// The lines.
fn lines(document: &Document, sheet: &mut Sheet<'_>) {
    table_head(document, sheet);
    let again = |sheet: &mut Sheet<'_>| {
        turn(document, sheet);
        table_head(document, sheet);
    };
    for line in &document.lines {
        let texts = sheet.wrap(&line.description, BODY, DESCRIPTION);
        let details = sheet.wrap(line.detail.as_deref().unwrap_or_default(), SMALL, DESCRIPTION);
        sheet.row(LEFT, (&texts, &details), again, |y, sheet| figures(document, line, y, sheet));
    }
}

/// The figures of one line.
fn figures(document: &Document, line: &DocumentLine, y: f32, sheet: &mut Sheet<'_>) {
    let (words, locale) = (words(document.locale), document.locale);
    let price = amount(line.unit_price, locale);
    let (count, price) = match line.quantity {
        Quantity::Pieces(count) => (count.to_string().replace('-', "−"), price),
        Quantity::Minutes(minutes) => {
            (format!("{} {}", hours(minutes), words.hours), format!("{price} {}", words.per_hour))
        }
    };
    let vat = match line.category {
        VatCategory::Standard => rate(line.rate, locale),
        VatCategory::Outside => "–".to_owned(),
    };
    for (x, text) in COLUMNS.into_iter().zip([count, price, vat]) {
        sheet.right(x, y, BODY, &text);
    }
    sheet.right(RIGHT, y, BODY, &amount(line.net, locale));
}

/// Net, VAT per rate, and the total; beside them why there is no VAT, and the note.
fn sums(document: &Document, sheet: &mut Sheet<'_>) {
    let (words, locale) = (words(document.locale), document.locale);
    let aside = [outside(document).then_some(words.outside_reason), document.note.as_deref()];
    let style = Style::regular(8.5, MUTED);
    let mut notes: Vec<String> = Vec::new();
    for text in aside.into_iter().flatten() {
        if !notes.is_empty() {
            notes.push(String::new());
        }
        notes.extend(sheet.wrap(text, style, HALF - LEFT - 30.0));
    }
    notes.truncate(40);
    let height = (64.0 + 16.0 * length(document.vat.len() + 1)).max(24.0 + 12.0 * length(notes.len()));
    if !sheet.fits(height) {
        turn(document, sheet);
    }
    let top = sheet.y + 24.0;
    sheet.lines(LEFT, top, style, 12.0, &notes);
    let mut y = top;
    let mut row = |label: &str, value: &str, sheet: &mut Sheet<'_>| {
        sheet.text(HALF, y, Style::regular(9.5, MUTED), label);
        sheet.right(RIGHT, y, BODY, value);
        y += 16.0;
    };
    row(words.subtotal, &amount(document.net(), locale), sheet);
    for total in &document.vat {
        let label = match total.category {
            VatCategory::Standard => {
                let net = euros(total.net, locale);
                format!("{} {} {} {net}", words.vat, rate(total.rate, locale), words.over)
            }
            VatCategory::Outside => words.outside.to_owned(),
        };
        row(&label, &amount(total.vat, locale), sheet);
    }
    sheet.rule(HALF, RIGHT, y - 5.0, 1.0, ACCENT);
    let label = match (document.kind, &document.payable) {
        (DocumentKind::CreditNote, _) => words.total_credit,
        (DocumentKind::Invoice, Payable::DirectDebit { .. }) => words.total_collected,
        (DocumentKind::Invoice, _) => words.total,
    };
    sheet.text(HALF, y + 19.0, Style::bold(10.5, INK), label);
    sheet.right(RIGHT, y + 19.0, Style::bold(18.0, ACCENT), &euros(document.gross(), locale));
    sheet.y += height;
}

/// How it is paid, at the bottom of the last page.
fn payment(document: &Document, sheet: &mut Sheet<'_>) {
    if !sheet.fits(PAY_BOX + 16.0) {
        turn(document, sheet);
    }
    let top = BOTTOM - PAY_BOX;
    let words = words(document.locale);
    let owed = document.kind == DocumentKind::Invoice && document.gross() > Cents::ZERO;
    if !owed || document.payable == Payable::Nothing || document.example {
        let said = if document.example { words.example_lead } else { words.nothing };
        let lines = sheet.wrap(said, BODY, RIGHT - LEFT - 36.0);
        let height = 22.0 + 13.0 * length(lines.len());
        let top = BOTTOM - height;
        sheet.fill(Shape::Box { x: LEFT, y: top, w: RIGHT - LEFT, h: height, round: 6.0 }, TINT);
        sheet.lines(LEFT + 18.0, top + 20.5, BODY, 13.0, &lines);
        return;
    }
    sheet.fill(Shape::Box { x: LEFT, y: top, w: RIGHT - LEFT, h: PAY_BOX, round: 6.0 }, TINT);
    match &document.payable {
        Payable::DirectDebit { mandate, iban } => collected(document, mandate, iban, top, sheet),
        _ => transferred(document, top, sheet),
    }
}

/// A transfer: until when, to which account, with which reference, and the code.
fn transferred(document: &Document, top: f32, sheet: &mut Sheet<'_>) {
    let (words, locale) = (words(document.locale), document.locale);
    let x = LEFT + 18.0;
    let heading = format!("{} {}", words.pay_by, day(document.due_on, locale));
    sheet.text(x, top + 26.0, Style::bold(10.5, INK), &heading);
    let account = document.seller_iban.as_deref().map(grouped).unwrap_or_default();
    let (left, right, width) = (x, x + 178.0, 160.0);
    sheet.labelled(left, top + 52.0, words.account, &account, width);
    sheet.labelled(right, top + 52.0, words.payment_reference, &grouped(&document.payment_reference), width);
    sheet.labelled(left, top + 83.0, words.in_name_of, &document.seller.name, width);
    sheet.labelled(right, top + 83.0, words.amount, &euros(document.gross(), locale), width);
    if let Some(qr) = epc::of(document).and_then(|text| Qr::new(&text)) {
        code(&qr, top, sheet);
        let caption = Style::regular(6.5, MUTED);
        let middle = RIGHT - 12.0 - 44.0;
        let width = sheet.width(words.scan, caption);
        sheet.text(middle - width / 2.0, top + PAY_BOX - 6.5, caption, words.scan);
    }
}

/// The QR code on a white ground with its quiet zone.
fn code(qr: &Qr, top: f32, sheet: &mut Sheet<'_>) {
    let side = 88.0;
    let (x, y) = (RIGHT - 12.0 - side, top + 9.0);
    sheet.fill(Shape::Box { x, y, w: side, h: side, round: 3.0 }, WHITE);
    let module = side / length(qr.view());
    let quiet = 4.0 * module;
    let shapes = qr
        .bars()
        .map(|(row, column, bar)| Shape::Box {
            x: x + quiet + module * length(column),
            y: y + quiet + module * length(row),
            w: module * length(bar),
            h: module,
            round: 0.0,
        })
        .collect();
    sheet.mark(Mark::Fill { shapes, ink: INK });
}

/// A direct debit: when, from which account, under which mandate.
fn collected(document: &Document, mandate: &str, iban: &str, top: f32, sheet: &mut Sheet<'_>) {
    let (words, locale) = (words(document.locale), document.locale);
    let x = LEFT + 18.0;
    sheet.text(x, top + 26.0, Style::bold(10.5, INK), words.collect);
    let (money, on) = (euros(document.gross(), locale), day(document.due_on, locale));
    let account = masked(iban).replace(' ', "\u{A0}");
    let sentence = match locale {
        Locale::Nl => format!(
            "Op {on} schrijven wij {money} af van rekening {account}, onder machtiging {mandate}. U hoeft niets over te maken."
        ),
        Locale::En => format!(
            "On {on} we will collect {money} from account {account} under mandate {mandate}. You need not transfer anything."
        ),
    };
    let lines = sheet.wrap(&sentence, BODY, RIGHT - LEFT - 36.0);
    sheet.lines(x, top + 43.5, BODY, 13.0, &lines);
    let facts = [
        (words.mandate, mandate.to_owned()),
        (words.creditor, document.creditor_id.clone().unwrap_or_default()),
        (words.payment_reference, grouped(&document.payment_reference)),
    ];
    let columns = [x, x + 130.0, x + 280.0];
    for (column, (label, value)) in columns.into_iter().zip(facts) {
        sheet.labelled(column, top + 83.0, label, &value, 140.0);
    }
}
