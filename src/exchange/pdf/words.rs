//! The words on our paper, and how days, amounts and hours are written in them.

use crate::domain::{Cents, Locale, Minutes};
use chrono::{Datelike, NaiveDate};
use rust_decimal::Decimal;

/// Declares the texts of both languages side by side.
macro_rules! texts {
    ($($name:ident: $dutch:literal, $english:literal;)+) => {
        /// The texts of one language.
        pub(super) struct Words {
            $(#[doc = concat!("`", $english, "`.")] pub $name: &'static str,)+
        }

        const DUTCH: Words = Words { $($name: $dutch),+ };
        const ENGLISH: Words = Words { $($name: $english),+ };
    };
}

texts! {
    invoice: "Factuur", "Invoice";
    credit_note: "Creditfactuur", "Credit note";
    invoice_number: "Factuurnummer", "Invoice number";
    credit_number: "Creditnummer", "Credit note number";
    issued_on: "Factuurdatum", "Invoice date";
    credited_on: "Datum", "Date";
    due_on: "Uiterlijk betalen op", "Due date";
    collected_on: "Wordt geïncasseerd op", "To be collected on";
    credits: "Bij factuur", "Credits invoice";
    of_day: "van", "of";
    customer_number: "Klantnummer", "Customer number";
    your_reference: "Uw referentie", "Your reference";
    supplied_on: "Datum levering of vooruitbetaling", "Date of supply or prepayment";
    continued: "vervolg", "continued";
    description: "Omschrijving", "Description";
    quantity: "Aantal", "Quantity";
    price: "Prijs", "Price";
    vat: "Btw", "VAT";
    amount: "Bedrag", "Amount";
    hours: "uur", "h";
    per_hour: "/ uur", "/ h";
    subtotal: "Totaal zonder btw", "Total without VAT";
    over: "over", "on";
    outside: "Buiten de btw", "Not subject to VAT";
    total: "Te betalen", "To pay";
    total_collected: "Wordt geïncasseerd", "To be collected";
    total_credit: "Te crediteren", "Credit total";
    outside_reason: "Over dit bedrag is geen btw verschuldigd: het vergoedt kosten die ontstonden doordat een betaling mislukte of uitbleef, en valt buiten de heffing van btw.", "No VAT is due on this amount: it makes good costs that arose because a payment failed or did not come, and is not subject to VAT.";
    pay_by: "Maak het bedrag over uiterlijk op", "Please transfer the amount by";
    account: "Rekening", "Account";
    in_name_of: "Ten name van", "Account holder";
    payment_reference: "Betalingskenmerk", "Payment reference";
    scan: "Scan met uw bankapp", "Scan with your banking app";
    collect: "Automatische incasso", "Direct debit";
    mandate: "Machtiging", "Mandate";
    creditor: "Incassant-ID", "Creditor ID";
    example: "VOORBEELD", "EXAMPLE";
    example_lead: "Voorbeeld: deze leverancier is verzonnen. Betaal dit niet.", "Example: this provider is made up. Do not pay this.";
    nothing: "U hoeft niets te betalen. Dit bedrag wordt verrekend met wat nog openstaat, of terugbetaald.", "You need not pay anything. This amount is set off against what is still open, or paid back.";
    registration: "KvK", "KvK";
    vat_number: "Btw-id", "VAT";
    statement: "Kaartoverzicht", "Card statement";
    as_of: "Stand op", "As of";
    customer: "Klant", "Customer";
    free: "Gratis", "Free";
    without_vat: "zonder btw", "without VAT";
    valid: "Geldig", "Valid";
    until: "t/m", "to";
    from: "vanaf", "from";
    granted: "Toegekend", "Granted";
    available: "Beschikbaar", "Available";
    held: "Gereserveerd", "Reserved";
    used: "Verbruikt", "Used";
    expired: "Verlopen", "Expired";
    frozen: "Bevroren", "Frozen";
    refunded: "Terugbetaald", "Paid back";
    left: "nog", "";
    left_of: "van", "of";
    left_after: "uur", "h left";
    strip_is: "1 strip is", "1 strip is";
    day: "Datum", "Date";
    taken: "Af", "Out";
    added: "Bij", "In";
    balance: "Saldo", "Balance";
    no_rows: "Er is nog niets van deze kaart gebruikt.", "Nothing of this card was used yet.";
}

/// The texts of a language.
pub(super) const fn words(locale: Locale) -> &'static Words {
    match locale {
        Locale::Nl => &DUTCH,
        Locale::En => &ENGLISH,
    }
}

/// A day for a column: `22-11-2026` in Dutch, `22/11/2026` in English.
pub(super) fn short_day(on: NaiveDate, locale: Locale) -> String {
    let separator = match locale {
        Locale::Nl => '-',
        Locale::En => '/',
    };
    format!("{:02}{separator}{:02}{separator}{}", on.day(), on.month(), on.year())
}

/// An amount for a column: `1.234,56`, in English `1,234.56`; a minus for less than nothing.
pub(super) fn amount(cents: Cents, locale: Locale) -> String {
    let (thousands, decimals) = match locale {
        Locale::Nl => ('.', ','),
        Locale::En => (',', '.'),
    };
    let all = cents.0.unsigned_abs();
    let digits = (all / 100).to_string();
    let mut euros = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            euros.push(thousands);
        }
        euros.push(digit);
    }
    let sign = if cents.0 < 0 { "−" } else { "" };
    format!("{sign}{euros}{decimals}{:02}", all % 100)
}

/// An amount with its currency: `€ 1.234,56`, in English `€1,234.56`.
pub(super) fn euros(cents: Cents, locale: Locale) -> String {
    match locale {
        Locale::Nl => format!("€\u{A0}{}", amount(cents, locale)),
        Locale::En => format!("€{}", amount(cents, locale)),
    }
}

/// A rate: `21%`, `5,5%`.
pub(super) fn rate(rate: Decimal, locale: Locale) -> String {
    let text = rate.normalize().to_string();
    match locale {
        Locale::Nl => format!("{}%", text.replace('.', ",")),
        Locale::En => format!("{text}%"),
    }
}

/// Hours and minutes, with a true minus.
pub(super) fn hours(minutes: Minutes) -> String {
    minutes.to_string().replace('-', "−")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_days_and_rates_are_written_as_people_do() {
        for (cents, dutch, english) in [
            (96_800, "968,00", "968.00"),
            (123_456_789, "1.234.567,89", "1,234,567.89"),
            (100_000, "1.000,00", "1,000.00"),
            (-8_000, "−80,00", "−80.00"),
            (5, "0,05", "0.05"),
        ] {
            assert_eq!(amount(Cents(cents), Locale::Nl), dutch);
            assert_eq!(amount(Cents(cents), Locale::En), english);
        }
        let on = NaiveDate::from_ymd_opt(2026, 3, 5).unwrap();
        assert_eq!(crate::domain::printed::day(on, Locale::Nl), "5 maart 2026");
        assert_eq!(crate::domain::printed::day(on, Locale::En), "5 March 2026");
        assert_eq!(short_day(on, Locale::Nl), "05-03-2026");
        assert_eq!(rate("21.00".parse().unwrap(), Locale::Nl), "21%");
        assert_eq!(rate("5.5".parse().unwrap(), Locale::Nl), "5,5%");
        assert_eq!(hours(Minutes(-75)), "−1:15");
    }
}
