//! The QR code by which a banking app fills in a transfer (EPC069-12, version 002): its text, its modules and its drawing.

use super::xml::one_line;
use crate::domain::{
    Cents, Locale,
    document::{Document, DocumentKind, Payable},
    iban,
};
use fast_qr::{ECL, QRBuilder};

/// The most bytes that the text may have; they fit QR version 13 at level M, the largest that the guideline allows.
const MOST_BYTES: usize = 331;
/// The most characters of the payee's name.
const MOST_NAME: usize = 70;
/// The most characters of the text for the payee.
const MOST_TEXT: usize = 140;
/// The largest amount, 999 999 999.99 euros.
const MOST_CENTS: i64 = 99_999_999_999;
/// Light modules around the code, without which cameras do not find it.
const QUIET: usize = 4;

/// Why there can be no code for a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EpcError {
    /// The payee has no name.
    #[error("a QR code for payment needs the name of the payee")]
    Name,
    /// The account is not an IBAN.
    #[error("a QR code for payment needs a valid IBAN")]
    Iban,
    /// The amount is not between 0.01 and 999999999.99 euros.
    #[error("a QR code for payment needs an amount above zero and below a thousand million euros")]
    Amount,
    /// The text is longer than 140 characters, or everything together longer than 331 bytes.
    #[error("the text is too long for a QR code for payment")]
    TooLong,
}

/// The text of the code: pay `amount` to `name` (cut to 70 characters) at `account`, an IBAN, with `message` on the
/// statement.
///
/// # Errors
/// [`EpcError`]: what does not fit the guideline.
pub fn text(name: &str, account: &str, amount: Cents, message: &str) -> Result<String, EpcError> {
    let name: String = one_line(name).chars().take(MOST_NAME).collect();
    let (account, message) = (iban::compact(account), one_line(message));
    if name.is_empty() {
        return Err(EpcError::Name);
    }
    if !iban::is_iban(&account) {
        return Err(EpcError::Iban);
    }
    if !(1..=MOST_CENTS).contains(&amount.0) {
        return Err(EpcError::Amount);
    }
    let text = format!("BCD\n002\n1\nSCT\n\n{}\n{account}\nEUR{amount}\n\n\n{message}", name.trim_end());
    let fits = message.chars().count() <= MOST_TEXT && text.len() <= MOST_BYTES;
    fits.then_some(text).ok_or(EpcError::TooLong)
}

/// The text of the code of an invoice that is paid by transfer, with its number as the message. `None` for everything that
/// must not be paid that way (a direct debit, a credit note) or cannot be.
#[must_use]
pub fn of(document: &Document) -> Option<String> {
    if document.kind != DocumentKind::Invoice || document.payable != Payable::Transfer || document.example {
        return None;
    }
    let word = match document.locale {
        Locale::Nl => "Factuur",
        Locale::En => "Invoice",
    };
    let message = format!("{word} {}", document.number);
    text(&document.seller.name, document.seller_iban.as_deref()?, document.gross(), &message).ok()
}

/// A QR code: a square of dark and light modules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Qr {
    size: usize,
    dark: Vec<bool>,
}

impl Qr {
    /// The code of `text` at level M; `None` where it is longer than the 331 bytes that a code for payment may have.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        if text.len() > MOST_BYTES {
            return None;
        }
        let code = QRBuilder::new(text).ecl(ECL::M).build().ok()?;
        let dark = (0..code.size).flat_map(|row| code[row][..code.size].iter().map(|module| module.value())).collect();
        Some(Self { size: code.size, dark })
    }

    /// Modules in a row, without the quiet zone: 21 to 69.
    #[must_use]
    pub const fn size(&self) -> usize {
        self.size
    }

    /// Whether a module is dark; one outside the square is not.
    #[must_use]
    pub fn is_dark(&self, row: usize, column: usize) -> bool {
        row < self.size && column < self.size && self.dark[row * self.size + column]
    }

    /// Dark modules that lie beside each other in a row: row, first column, how many.
    pub fn bars(&self) -> impl Iterator<Item = (usize, usize, usize)> + '_ {
        (0..self.size).flat_map(move |row| {
            let begins = move |column: &usize| {
                self.is_dark(row, *column) && !column.checked_sub(1).is_some_and(|left| self.is_dark(row, left))
            };
            (0..self.size).filter(begins).map(move |column| {
                (row, column, (column..self.size).take_while(|each| self.is_dark(row, *each)).count())
            })
        })
    }

    /// Side of the SVG's view box, in modules, with the quiet zone of four on each side.
    #[must_use]
    pub const fn view(&self) -> usize {
        self.size + 2 * QUIET
    }

    /// The dark modules as the `d` of one SVG path, for a view box of `0 0 view view`; the quiet zone is in it.
    #[must_use]
    pub fn svg_path(&self) -> String {
        let bar = |(row, column, length)| format!("M{} {}h{length}v1h-{length}z", column + QUIET, row + QUIET);
        self.bars().map(bar).collect::<Vec<_>>().concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::samples;

    const GOLDEN: &str =
        "BCD\n002\n1\nSCT\n\nStrippenkaart Demo B.V.\nNL91ABNA0417164300\nEUR968.00\n\n\nFactuur 2026-00042";

    #[test]
    fn the_text_is_the_golden_one() {
        let invoice = samples::invoice("2026-00042", vec![samples::card()]);
        assert_eq!(of(&invoice).as_deref(), Some(GOLDEN));
        assert!(of(&samples::english(invoice.clone())).unwrap().ends_with("\nInvoice 2026-00042"));
        assert_eq!(of(&samples::collected(invoice.clone())), None);
        assert_eq!(of(&samples::credit(invoice, "2026-0001")), None);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let iban = "NL91 ABNA 0417 1643 00";
        let long = text(&"é".repeat(90), iban, Cents(1), "x").unwrap();
        assert_eq!(long.lines().nth(5).unwrap().chars().count(), 70);
        assert_eq!(text("A\nB", iban, Cents(1), "x").unwrap().lines().nth(5), Some("A B"));
        assert_eq!(text(" ", iban, Cents(1), ""), Err(EpcError::Name));
        assert_eq!(text("A", "NL46ABNA0499998748", Cents(1), ""), Err(EpcError::Iban));
        assert_eq!(text("A", iban, Cents(0), ""), Err(EpcError::Amount));
        assert_eq!(text("A", iban, Cents(100_000_000_000), ""), Err(EpcError::Amount));
        assert_eq!(text("A", iban, Cents(1), &"x".repeat(141)), Err(EpcError::TooLong));
        assert_eq!(text(&"é".repeat(70), iban, Cents(1), &"é".repeat(140)), Err(EpcError::TooLong));
    }

    #[test]
    fn the_longest_text_fits_version_thirteen() {
        assert_eq!(Qr::new(&"x".repeat(331)).unwrap().size(), 69);
        assert_eq!(Qr::new(&"x".repeat(332)), None);
    }

    #[test]
    fn bars_and_path_are_the_modules() {
        let qr = Qr::new(GOLDEN).unwrap();
        assert_eq!(qr, Qr::new(GOLDEN).unwrap());
        let mut dark = vec![false; qr.size() * qr.size()];
        for (row, column, length) in qr.bars() {
            dark[row * qr.size() + column..][..length].fill(true);
        }
        assert_eq!(dark, qr.dark);
        assert!((0..7).all(|column| qr.is_dark(0, column)) && !qr.is_dark(0, 7) && !qr.is_dark(0, 999));
        assert!(qr.svg_path().starts_with("M4 4h7v1h-7z"));
        assert_eq!(qr.view(), qr.size() + 8);
    }
}
