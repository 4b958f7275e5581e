//! Documents that the tests of this folder share: the golden cases of the bookkeeper, and the same dressed up.

use crate::domain::{
    Cents, Locale, Minutes,
    document::{Document, DocumentKind, DocumentLine, Party, Payable, Quantity, VatCategory, vat_of},
    references::payment_reference,
};
use chrono::NaiveDate;
use rust_decimal::Decimal;

/// A day of 2026.
pub fn day(month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, month, day).unwrap()
}

#[expect(clippy::unnecessary_wraps, reason = "most texts of a document are optional")]
fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

/// Who sells.
pub fn seller() -> Party {
    Party {
        name: "Strippenkaart Demo B.V.".to_owned(),
        street: text("Stationsplein 12"),
        postcode: text("3511 ED"),
        city: text("Utrecht"),
        country: "NL".to_owned(),
        registration: text("12345678"),
        vat_number: text("NL123456782B01"),
        email: text("administratie@strippenkaart.example"),
        phone: text("030 123 45 67"),
    }
}

/// Who buys.
pub fn buyer() -> Party {
    Party {
        name: "Stichting Basisschool De Wilgen & Zo".to_owned(),
        street: text("Wilgenlaan 8"),
        postcode: text("1234 AB"),
        city: text("Hilversum"),
        country: "NL".to_owned(),
        registration: text("87654321"),
        vat_number: text("NL000099998B57"),
        email: text("financien@dewilgen.example"),
        phone: None,
    }
}

/// A line at 21 %.
pub fn line(description: &str, quantity: Quantity, unit_price: i64) -> DocumentLine {
    let unit_price = Cents(unit_price);
    let net = match quantity {
        Quantity::Pieces(count) => Cents(unit_price.0 * count),
        Quantity::Minutes(minutes) => unit_price.per_hour(minutes),
    };
    DocumentLine {
        description: description.to_owned(),
        detail: None,
        quantity,
        unit_price,
        net,
        category: VatCategory::Standard,
        rate: Decimal::from(21),
    }
}

/// An invoice of `lines`, paid by transfer.
pub fn invoice(number: &str, lines: Vec<DocumentLine>) -> Document {
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    Document {
        kind: DocumentKind::Invoice,
        number: number.to_owned(),
        issued_on: day(11, 22),
        due_on: day(12, 22),
        supplied_on: day(11, 22),
        locale: Locale::Nl,
        seller: seller(),
        seller_iban: text("NL91ABNA0417164300"),
        creditor_id: text("NL69ZZZ123456780000"),
        buyer: buyer(),
        customer_number: 1042,
        buyer_reference: "INK-7781".to_owned(),
        payment_reference: payment_reference(&digits).unwrap(),
        payable: Payable::Transfer,
        vat: vat_of(&lines),
        lines,
        credits: None,
        note: None,
        example: false,
    }
}

/// The same as a credit note for `number`.
pub fn credit(mut document: Document, number: &str) -> Document {
    document.kind = DocumentKind::CreditNote;
    document.payable = Payable::Nothing;
    document.due_on = document.issued_on;
    document.credits = Some((number.to_owned(), day(11, 2)));
    document
}

/// The same, collected.
pub fn collected(mut document: Document) -> Document {
    document.payable = Payable::DirectDebit { mandate: "SK-1042-01".to_owned(), iban: "NL20INGB0001234567".to_owned() };
    document
}

/// The same in English.
pub fn english(mut document: Document) -> Document {
    document.locale = Locale::En;
    document
}

/// The same lines, outside VAT.
pub fn outside(mut document: Document) -> Document {
    for line in &mut document.lines {
        line.category = VatCategory::Outside;
        line.rate = Decimal::ZERO;
    }
    document.vat = vat_of(&document.lines);
    document
}

/// Ten hours on a card (golden case G1).
pub fn card() -> DocumentLine {
    line("Strippenkaart 10 uur", Quantity::Pieces(1), 80_000)
}

/// A fee of 82.50 for a direct debit that came back.
pub fn fee(cents: i64) -> DocumentLine {
    line("Stornokosten", Quantity::Pieces(1), cents)
}

/// Work beyond the card.
pub fn overage(minutes: i64) -> DocumentLine {
    let mut line = line("Meerwerk boven de strippenkaart", Quantity::Minutes(Minutes(minutes)), 9_500);
    line.detail = text("#1042 Printer van de administratie, 18 november 2026");
    line
}

/// Every document of the golden cases and their variants, with a short name.
pub fn all() -> Vec<(&'static str, Document)> {
    let g3 = credit(invoice("C2026-0007", vec![card()]), "2026-0041");
    let fee_outside = outside(invoice("F2026-0001", vec![fee(8_250)]));
    let third = || line("Losse ondersteuning", Quantity::Pieces(1), 3_335);
    let g9 = invoice("2026-0048", vec![overage(105), line("Heractiveringskosten", Quantity::Pieces(1), 2_500)]);
    let mut dressed = invoice("2026-0050", vec![card(), line("Korting", Quantity::Pieces(1), -8_000), overage(20)]);
    dressed.note = text("Bestelling <7781> & akkoord van j.jansen");
    let mut by_vat = collected(english(invoice("2026-0051", vec![card()])));
    by_vat.buyer.registration = None;
    let mut plain = invoice("2026-0052", vec![card()]);
    plain.buyer_reference = String::new();
    plain.buyer.vat_number = None;
    vec![
        ("g1", invoice("2026-00042", vec![card()])),
        ("g3", g3.clone()),
        ("g3-en", english(g3)),
        ("g4a", fee_outside.clone()),
        ("g4a-en-collected", collected(english(fee_outside.clone()))),
        ("g4a-credit", credit(outside(invoice("C2026-0008", vec![fee(8_250)])), "F2026-0001")),
        ("g4b", invoice("2026-0043", vec![fee(8_250)])),
        ("g4c", invoice("2026-0044", vec![fee(6_818)])),
        ("g6", invoice("2026-0045", vec![overage(105)])),
        ("g7", invoice("2026-0046", vec![overage(20)])),
        ("g8", invoice("2026-0047", vec![overage(45)])),
        ("g9", g9),
        ("g10", invoice("2026-0049", vec![third(), third(), third()])),
        ("dressed", dressed),
        ("by-vat-number", by_vat),
        ("collected", collected(invoice("2026-0053", vec![card()]))),
        ("plain", plain),
    ]
}

/// A long text, which must wrap.
const LONG: &str = "Uitleg aan de hele school over de nieuwe rapportages, met voorbereiding, opname van de bijeenkomst en \
                    nazorg per e-mail gedurende de eerste twee weken";

/// Documents to look at, with a short name: one page, three pages, every way of paying, both languages.
pub fn to_look_at() -> Vec<(&'static str, Document)> {
    let mut rich =
        invoice("2026-0042", vec![card(), overage(105), line("Heractiveringskosten", Quantity::Pieces(1), 2_500)]);
    rich.note = text("Volgens offerte 2026-118, akkoord van mevrouw Jansen op 3 november 2026.");
    let mut many = vec![card()];
    for nth in 1..=33 {
        let mut line = overage(15 * nth);
        if nth % 5 == 0 {
            line.description = LONG.to_owned();
        }
        many.push(line);
    }
    let mut strange =
        invoice("2026-0060", vec![line("日本語 🎉 שלום ﷽ ẞ œuvre Łódź Ћирилица", Quantity::Pieces(12), 123_456_789)]);
    strange.buyer.name =
        "Onwaarschijnlijklangebedrijfsnaamzonderspatiesdiedoorgaatendoorgaatendoorgaat B.V.".to_owned();
    strange.note = text(&"x".repeat(300));
    vec![
        ("invoice", rich.clone()),
        ("invoice-en", english(rich.clone())),
        ("invoice-long", invoice("2026-0043", many)),
        ("credit", credit(invoice("C2026-0007", vec![card()]), "2026-0041")),
        ("credit-en", english(credit(invoice("C2026-0007", vec![card()]), "2026-0041"))),
        ("fee", outside(invoice("F2026-0001", vec![fee(8_250)]))),
        ("fee-collected-en", collected(english(outside(invoice("F2026-0001", vec![fee(8_250)]))))),
        ("collected", collected(rich)),
        ("strange", strange),
    ]
}

/// A statement of a card of ten hours with `count` movements of a quarter of an hour.
pub fn statement(count: i64) -> crate::domain::card_statement::CardStatement {
    use crate::domain::card_statement::{CardRow, CardStatement, CardTotals};
    let row = |description: &str, taken: i64, added: i64, balance: i64| CardRow {
        on: day(3, 2) + chrono::Days::new(u64::try_from((600 - balance).max(0) / 4).unwrap()),
        description: description.to_owned(),
        ticket: (taken > 0).then(|| format!("#{}", 1_042 + balance / 15)),
        who: text(if taken > 0 { "Sanne de Vries, voor J. Jansen" } else { "Systeem" }),
        taken: Minutes(taken),
        added: Minutes(added),
        balance: Minutes(balance),
    };
    let mut rows = vec![row("Kaart gekocht", 0, 600, 600)];
    for nth in 1..=count {
        let description = if nth % 6 == 0 { LONG } else { "Hulp bij het printen van rapporten" };
        rows.push(row(description, 15, 0, 600 - 15 * nth));
    }
    rows.push(row("Gereserveerd voor akkoord #1077", 60, 0, 600 - 15 * count - 60));
    CardStatement {
        seller: seller().name,
        customer: buyer().name,
        customer_number: 1042,
        locale: Locale::Nl,
        card: "10 uur".to_owned(),
        reference: "SK-2026-0117".to_owned(),
        price: Some(Cents(80_000)),
        valid_from: day(3, 2),
        valid_until: NaiveDate::from_ymd_opt(2028, 3, 1),
        as_of: day(11, 22),
        strip: Minutes(15),
        totals: CardTotals {
            granted: Minutes(600),
            available: Minutes(600 - 15 * count - 60),
            held: Minutes(60),
            used: Minutes(15 * count),
            ..CardTotals::default()
        },
        rows,
    }
}
