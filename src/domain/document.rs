//! An issued document, an invoice or a credit note, with everything as it was when it was issued: this is what is printed,
//! sent as UBL and booked, and it never changes (PAY-1).

use super::{Cents, Customer, Locale, Minutes, policy::Provider, words::words};
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

words! {
    /// What a document is.
    pub enum DocumentKind {
        /// An invoice (*factuur*), UBL type 380.
        Invoice = "invoice",
        /// A credit note (*creditfactuur*), UBL type 381: amounts are positive and take away.
        CreditNote = "credit_note",
    }
}

words! {
    /// How an amount stands towards VAT. A document holds lines of one of them only: a fee outside VAT gets its own.
    pub enum VatCategory {
        /// At a rate: UBL category S.
        Standard = "standard",
        /// Outside the scope of VAT: UBL category O.
        Outside = "outside",
    }
}

/// Who sells or buys, as printed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Party {
    /// Name, as in the trade register.
    pub name: String,
    /// Street and house number.
    pub street: Option<String>,
    /// Post code.
    pub postcode: Option<String>,
    /// Town.
    pub city: Option<String>,
    /// Country, ISO 3166-1 alpha-2.
    pub country: String,
    /// Number in the trade register (*`KvK`*), eight digits.
    pub registration: Option<String>,
    /// VAT number (*btw-id*).
    pub vat_number: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// Telephone.
    pub phone: Option<String>,
}

impl Party {
    /// The provider, as things stand.
    #[must_use]
    pub fn selling(provider: &Provider) -> Self {
        Self {
            name: provider.name.clone(),
            street: provider.street.clone(),
            postcode: provider.postcode.clone(),
            city: provider.city.clone(),
            country: provider.country.clone(),
            registration: provider.registration.clone(),
            vat_number: provider.vat_number.clone(),
            email: Some(provider.email.clone()),
            phone: provider.phone.clone(),
        }
    }

    /// How many lines of its address are told: street, post code and town.
    #[must_use]
    pub fn told(&self) -> usize {
        let lines = [&self.street, &self.postcode, &self.city];
        lines.into_iter().filter(|line| line.as_deref().is_some_and(|line| !line.trim().is_empty())).count()
    }

    /// A customer, as things stand: what it left out for its invoices is taken from the rest of what is known of it.
    #[must_use]
    pub fn buying(customer: &Customer) -> Self {
        let billing = customer.billing.clone().unwrap_or_default();
        Self {
            name: billing.name.unwrap_or_else(|| customer.name.clone()),
            street: billing.street,
            postcode: billing.postcode,
            city: billing.city,
            country: billing.country.unwrap_or_else(|| "NL".to_owned()),
            registration: billing.registration,
            vat_number: billing.vat_number,
            email: Some(billing.email.unwrap_or_else(|| customer.email.clone())),
            phone: None,
        }
    }
}

/// What a line counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quantity {
    /// Pieces at a price each: a card, a fee.
    Pieces(i64),
    /// Minutes at a price per hour.
    Minutes(Minutes),
}

/// One line of a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentLine {
    /// What for, in the buyer's language; one line of text.
    pub description: String,
    /// A second, smaller line: a ticket and day, a reason. May be missing.
    pub detail: Option<String>,
    /// How much of it.
    pub quantity: Quantity,
    /// Price of a piece or of an hour, ex VAT.
    pub unit_price: Cents,
    /// Quantity × price, half up to the cent, ex VAT.
    pub net: Cents,
    /// How it stands towards VAT.
    pub category: VatCategory,
    /// VAT rate, per cent; 0 outside VAT.
    pub rate: Decimal,
}

/// VAT of one rate, over all lines of that rate: once per document, half up (PAY-6).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VatTotal {
    /// The category.
    pub category: VatCategory,
    /// The rate, per cent.
    pub rate: Decimal,
    /// What it is taken of.
    pub net: Cents,
    /// The VAT.
    pub vat: Cents,
}

/// How the document is to be paid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Payable {
    /// The buyer transfers it. UBL payment means 30 (58 is allowed as well).
    Transfer,
    /// We collect it: UBL payment means 59.
    DirectDebit {
        /// Reference of the mandate.
        mandate: String,
        /// The account it is collected from, IBAN.
        iban: String,
    },
    /// Nothing is to be paid: a credit note.
    Nothing,
}

/// A document as it was issued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// Invoice or credit note.
    pub kind: DocumentKind,
    /// Its number, without gaps within its series and year (PAY-1).
    pub number: String,
    /// Day of issue.
    pub issued_on: NaiveDate,
    /// Last day to pay; the day of issue for a credit note.
    pub due_on: NaiveDate,
    /// The day of supply or prepayment.
    pub supplied_on: NaiveDate,
    /// Language.
    pub locale: Locale,
    /// Who sells.
    pub seller: Party,
    /// The seller's account, IBAN; where the buyer pays to.
    pub seller_iban: Option<String>,
    /// Our id as a creditor of direct debits.
    pub creditor_id: Option<String>,
    /// Who buys.
    pub buyer: Party,
    /// The customer's number with us.
    pub customer_number: i64,
    /// What the buyer wants to read on it; the customer's number where it told nothing.
    pub buyer_reference: String,
    /// The 16-digit payment reference (*betalingskenmerk*) by which a payment is recognised.
    pub payment_reference: String,
    /// How it is paid.
    pub payable: Payable,
    /// The lines, at least one.
    pub lines: Vec<DocumentLine>,
    /// VAT per rate.
    pub vat: Vec<VatTotal>,
    /// For a credit note: number and day of the invoice it is about.
    pub credits: Option<(String, NaiveDate)>,
    /// Something more to say; one line.
    pub note: Option<String>,
    /// The seller is made up: the document says so, and asks for no money (PAY-1a).
    pub example: bool,
}

impl Document {
    /// Sum ex VAT.
    #[must_use]
    pub fn net(&self) -> Cents {
        self.lines.iter().map(|line| line.net).sum()
    }

    /// All VAT.
    #[must_use]
    pub fn vat_total(&self) -> Cents {
        self.vat.iter().map(|total| total.vat).sum()
    }

    /// What is to be paid, or given back.
    #[must_use]
    pub fn gross(&self) -> Cents {
        self.net() + self.vat_total()
    }
}

/// VAT per rate over lines, half up once per rate (PAY-6): 3 × 33.35 at 21 % is 21.01, not 3 × 7.00.
#[must_use]
pub fn vat_of(lines: &[DocumentLine]) -> Vec<VatTotal> {
    let mut totals: Vec<VatTotal> = Vec::new();
    for line in lines {
        match totals.iter_mut().find(|total| (total.category, total.rate) == (line.category, line.rate)) {
            Some(total) => total.net += line.net,
            None => totals.push(VatTotal { category: line.category, rate: line.rate, net: line.net, vat: Cents::ZERO }),
        }
    }
    for total in &mut totals {
        total.vat = total.net.percent(total.rate);
    }
    totals
}
