//! Paper: invoices, credit notes and statements of cards as A4 in PDF/A-2, in Dutch or English.
//!
//! Three steps, none of which knows the clock: texts (`words`), what goes where on which page (`invoice` and `card`, on a
//! `layout::Sheet`), and bytes (`paint`). The same document gives the same bytes, always. Lengths are points (1/72 inch)
//! from the top left corner. Money and minutes stay integers; only places on paper are floats.
#![expect(clippy::float_arithmetic, reason = "places on paper, never money or hours")]

mod card;
mod fonts;
mod invoice;
mod layout;
mod paint;
mod words;

use crate::domain::{card_statement::CardStatement, document::Document};

/// Why there is no PDF. None of these depends on what is printed: they are faults of the program or its fonts.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PdfError {
    /// A font that the program brings cannot be read.
    #[error("the fonts of the program cannot be read")]
    Fonts,
    /// The file could not be put together.
    #[error("the PDF could not be put together: {0}")]
    Write(String),
}

/// An invoice or credit note as PDF, in the language of the document.
///
/// A transfer gets a box with the account, the reference and a QR code for banking apps; a direct debit a sentence that
/// announces the amount, the day, the account (mostly hidden) and the mandate, and never a code. A document outside VAT says
/// why and shows no VAT number. A credit note names the invoice that it credits. Letters that the fonts lack are printed
/// in Latin ones by their sound.
///
/// # Errors
/// [`PdfError`], whatever the document.
pub fn write(document: &Document) -> Result<Vec<u8>, PdfError> {
    let fonts = fonts::Fonts::load()?;
    let mut sheet = layout::Sheet::new(&fonts);
    invoice::draw(document, &mut sheet);
    let about = paint::About {
        title: format!("{} {} – {}", invoice::title(document), document.number, document.seller.name),
        author: document.seller.name.clone(),
        locale: document.locale,
        on: document.issued_on,
    };
    paint::write(&sheet.finish(&invoice::foot(document)), &fonts, about)
}

/// The statement of one card (*kaartoverzicht*) as PDF, in its language: the card with its strips, the sums, and every
/// movement with the balance after it.
///
/// # Errors
/// [`PdfError`], whatever the statement.
pub fn statement(statement: &CardStatement) -> Result<Vec<u8>, PdfError> {
    let fonts = fonts::Fonts::load()?;
    let mut sheet = layout::Sheet::new(&fonts);
    card::draw(statement, &mut sheet);
    let about = paint::About {
        title: format!("{} {} – {}", card::title(statement), statement.reference, statement.seller),
        author: statement.seller.clone(),
        locale: statement.locale,
        on: statement.as_of,
    };
    paint::write(&sheet.finish(&card::foot(statement)), &fonts, about)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{Locale, Minutes, card_statement::CardTotals},
        exchange::samples,
    };

    /// The statements to look at.
    fn statements() -> Vec<(&'static str, CardStatement)> {
        let mut english = samples::statement(13);
        english.locale = Locale::En;
        let mut gone = samples::statement(13);
        gone.totals =
            CardTotals { granted: Minutes(600), used: Minutes(195), expired: Minutes(405), ..CardTotals::default() };
        let mut large = samples::statement(30);
        large.totals =
            CardTotals { granted: Minutes(6_000), available: Minutes(6_000 - 450), used: Minutes(450), ..gone.totals };
        large.totals.expired = Minutes::ZERO;
        large.price = None;
        large.valid_until = None;
        let mut new = samples::statement(0);
        new.totals = CardTotals { granted: Minutes(180), available: Minutes(180), ..CardTotals::default() };
        new.rows.clear();
        vec![
            ("card", samples::statement(13)),
            ("card-en", english),
            ("card-expired", gone),
            ("card-large", large),
            ("card-new", new),
        ]
    }

    /// With `FINANCE_OUT` set, every PDF is written there, to be looked at.
    #[test]
    fn the_same_document_gives_the_same_bytes() {
        let keep = |name: &str, bytes: &[u8]| {
            if let Some(folder) = std::env::var_os("FINANCE_OUT").map(std::path::PathBuf::from) {
                std::fs::create_dir_all(&folder).unwrap();
                std::fs::write(folder.join(format!("{name}.pdf")), bytes).unwrap();
            }
        };
        for (name, document) in samples::to_look_at() {
            let bytes = write(&document).unwrap();
            assert!(bytes.starts_with(b"%PDF-") && bytes == write(&document).unwrap(), "{name}");
            keep(name, &bytes);
        }
        for (name, card) in statements() {
            let bytes = statement(&card).unwrap();
            assert!(bytes.starts_with(b"%PDF-") && bytes == statement(&card).unwrap(), "{name}");
            keep(name, &bytes);
        }
    }

    /// The texts of every page, and whether anything was drawn in as many pieces as a QR code.
    fn read(draw: impl Fn(&mut layout::Sheet<'_>)) -> (Vec<String>, bool) {
        let fonts = fonts::Fonts::load().unwrap();
        let mut sheet = layout::Sheet::new(&fonts);
        draw(&mut sheet);
        let pages = sheet.finish("foot");
        let mut code = false;
        let mut texts = Vec::new();
        for page in &pages {
            let mut text = String::new();
            for mark in page {
                match mark {
                    layout::Mark::Text { x, y, style, text: line } => {
                        let right = x + fonts.width(style.weight, line, style.size);
                        assert!(*x > layout::LEFT - 2.0 && right < layout::RIGHT + 0.1, "beside the margins: {line}");
                        assert!(*y > 40.0 && *y < 810.0, "outside the page: {line}");
                        text.push_str(line);
                        text.push('\n');
                    }
                    layout::Mark::Fill { shapes, .. } => code |= shapes.len() > 200,
                    layout::Mark::Outline { .. } => {}
                }
            }
            texts.push(text);
        }
        (texts, code)
    }

    fn invoice(name: &str) -> (Vec<String>, bool) {
        let (_, document) = samples::to_look_at().into_iter().find(|(each, _)| *each == name).unwrap();
        read(|sheet| invoice::draw(&document, sheet))
    }

    #[test]
    fn an_invoice_says_what_the_law_and_the_payer_ask() {
        let (pages, code) = invoice("invoice");
        assert!(code && pages.len() == 1);
        for text in [
            "Factuur\n",
            "2026-0042\n",
            "22 november 2026\n",
            "22 december 2026\n",
            "1042\n",
            "INK-7781\n",
            "NL123456782B01\n",
            "Stichting Basisschool De Wilgen & Zo\n",
            "1:45 uur\n",
            "95,00 / uur\n",
            "991,25\n",
            "Btw 21% over €\u{A0}991,25\n208,16\n",
            "€\u{A0}1.199,41\n",
            "NL91 ABNA 0417 1643 00\n",
            "6000 0000 2026 0042\n",
            "1 / 1\n",
        ] {
            assert!(pages[0].contains(text), "{text} in {}", pages[0]);
        }
        let (pages, _) = invoice("invoice-en");
        assert!(pages[0].contains("€1,199.41\n") && pages[0].contains("22 December 2026\n"));
    }

    #[test]
    fn pay_1a_an_example_says_so_and_asks_for_no_money() {
        for (name, mark, said) in
            [("invoice", "VOORBEELD\n", "Betaal dit niet"), ("invoice-en", "EXAMPLE\n", "Do not pay")]
        {
            let (_, mut document) = samples::to_look_at().into_iter().find(|(each, _)| *each == name).unwrap();
            document.example = true;
            let (pages, code) = read(|sheet| invoice::draw(&document, sheet));
            assert!(!code && pages[0].contains(mark) && pages[0].contains(said), "{}", pages[0]);
            assert!(!pages[0].contains("NL91 ABNA"), "{}", pages[0]);
        }
    }

    #[test]
    fn a_direct_debit_is_announced_and_has_no_code() {
        let (pages, code) = invoice("collected");
        let text = pages[0].replace('\n', " ");
        assert!(!code && text.contains("Op 22 december 2026 schrijven wij €\u{A0}1.199,41 af"), "{text}");
        assert!(text.contains("onder machtiging SK-1042-01") && text.contains("NL69ZZZ123456780000"));
        assert!(text.contains("NL••\u{A0}INGB\u{A0}••••\u{A0}••45\u{A0}67") && !text.contains("INGB 0001"));
    }

    #[test]
    fn a_fee_outside_vat_says_why_and_shows_no_vat_number() {
        for (name, why) in [("fee", "geen btw verschuldigd"), ("fee-collected-en", "No VAT is due")] {
            let (pages, _) = invoice(name);
            let text = pages[0].replace('\n', " ");
            assert!(text.contains(why) && !text.contains("NL123456782B01"), "{name}");
        }
    }

    #[test]
    fn a_credit_note_names_its_invoice_and_asks_nothing() {
        let (pages, code) = invoice("credit");
        assert!(!code && pages[0].contains("Creditfactuur\n") && pages[0].contains("2026-0041 van 2 november 2026\n"));
        assert!(pages[0].contains("U hoeft niets te betalen") && !pages[0].contains("Te betalen"));
    }

    #[test]
    fn a_table_goes_on_with_its_head_and_the_number_of_the_page() {
        let (pages, _) = invoice("invoice-long");
        assert_eq!(pages.len(), 3);
        for (at, page) in pages.iter().enumerate() {
            assert!(page.contains("Omschrijving\n") && page.contains(&format!("{} / 3\n", at + 1)));
        }
        assert!(pages[1].contains("Factuur 2026-0043, vervolg\n") && pages[2].contains("Te betalen\n"));
    }

    #[test]
    fn nothing_that_is_written_breaks_the_page() {
        invoice("strange");
        let mut document = samples::invoice("2026-0001", vec![samples::card()]);
        document.lines[0].description = "lang woord ".repeat(600);
        document.note = Some("y".repeat(9_000));
        document.buyer.name = "z".repeat(900);
        document.buyer_reference = "w ".repeat(300);
        document.seller.email = Some("e".repeat(200));
        let (pages, _) = read(|sheet| invoice::draw(&document, sheet));
        assert!(pages.len() > 2);
        write(&document).unwrap();
    }

    #[test]
    fn a_statement_shows_the_balance_after_every_movement() {
        let statement = samples::statement(13);
        let (pages, _) = read(|sheet| card::draw(&statement, sheet));
        assert_eq!(pages.len(), 2);
        for text in ["Kaartoverzicht\n", "SK-2026-0117\n", "−3:15\n", "−1:00\n", "5:45\n", "1 strip is 0:15 uur\n"]
        {
            assert!(pages[0].contains(text), "{text}");
        }
        assert!(pages[1].contains("Gereserveerd voor akkoord #1077\n") && pages[1].contains("Saldo\n"));
        for minutes in [0, -5, 1, 10_000_000] {
            let mut odd = statement.clone();
            odd.totals = CardTotals { granted: Minutes(minutes), used: Minutes(minutes), ..CardTotals::default() };
            odd.strip = Minutes(minutes.min(15));
            read(|sheet| card::draw(&odd, sheet));
        }
    }
}
