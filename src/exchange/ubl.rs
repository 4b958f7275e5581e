//! Issued documents as UBL 2.1, the form in which bookkeeping programs and the Peppol network take them.
//!
//! One writer for both profiles: they hold the same content and differ in `CustomizationID` only. Where one of them advises
//! against something optional (the name of an account, the day of a credited invoice, a code for a reason that is written
//! out), neither has it. It follows Peppol BIS
//! Billing 3.0 (3.0.21), NLCIUS 1.0 (SI-UBL 2.0.3) and, under both, EN 16931. What those ask and the document lacks is an
//! error that tells everything that is missing at once; nothing invalid is ever written.
//!
//! Amounts are taken from the document as they were issued and only compared here: the official rules accept VAT that is
//! wrong by less than a euro, so they are no guard of cents.

use super::xml::{Xml, one_line};
use crate::domain::{
    Cents, Locale,
    company_numbers::{is_registration, is_vat_number},
    document::{Document, DocumentKind, DocumentLine, Party, Payable, Quantity, VatCategory, VatTotal},
    iban,
    words::words,
};
use rust_decimal::Decimal;
use std::fmt;

words! {
    /// The rules that a document is written for.
    pub enum Profile {
        /// Peppol BIS Billing 3.0, the default.
        Peppol = "peppol",
        /// NLCIUS (SI-UBL 2.0), what Dutch public bodies ask.
        Nlcius = "nlcius",
    }
}

impl Profile {
    /// The id by which a receiver knows the rules (BT-24).
    const fn customization(self) -> &'static str {
        match self {
            Self::Peppol => "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0",
            Self::Nlcius => "urn:cen.eu:en16931:2017#compliant#urn:fdc:nen.nl:nlcius:v1.0",
        }
    }
}

/// Something that an electronic invoice needs and the document lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Missing {
    /// Our name.
    SellerName,
    /// Our street and house number.
    SellerStreet,
    /// Our post code.
    SellerPostcode,
    /// Our town.
    SellerCity,
    /// Our country.
    SellerCountry,
    /// Our number in the trade register, eight digits.
    SellerRegistration,
    /// Our VAT number.
    SellerVatNumber,
    /// The account to pay to, an IBAN.
    SellerIban,
    /// The customer's name.
    BuyerName,
    /// The customer's street and house number.
    BuyerStreet,
    /// The customer's post code.
    BuyerPostcode,
    /// The customer's town.
    BuyerCity,
    /// The customer's country.
    BuyerCountry,
    /// The customer's number in the trade register or VAT number: its address for electronic invoices.
    BuyerEndpoint,
    /// The customer's number in the trade register: NLCIUS asks it of every Dutch customer.
    BuyerRegistration,
    /// The account to collect from, an IBAN.
    BuyerIban,
    /// The reference of the mandate to collect.
    Mandate,
    /// How an invoice is paid: by transfer or direct debit.
    PaymentMeans,
    /// The number of the document.
    Number,
    /// The invoice that a credit note is about.
    CreditedInvoice,
    /// Any line.
    Lines,
    /// What a line is for.
    LineDescription,
}

impl Missing {
    /// What is missing, in words for the person who will complete it.
    #[must_use]
    pub const fn text(self, locale: Locale) -> &'static str {
        let (dutch, english) = match self {
            Self::SellerName => ("uw eigen naam", "your own name"),
            Self::SellerStreet => ("uw eigen straat en huisnummer", "your own street and house number"),
            Self::SellerPostcode => ("uw eigen postcode", "your own post code"),
            Self::SellerCity => ("uw eigen plaats", "your own town"),
            Self::SellerCountry => ("uw eigen land", "your own country"),
            Self::SellerRegistration => ("uw eigen KvK-nummer (8 cijfers)", "your own KvK number (8 digits)"),
            Self::SellerVatNumber => ("uw eigen btw-id", "your own VAT number"),
            Self::SellerIban => ("uw eigen rekeningnummer (IBAN)", "your own account number (IBAN)"),
            Self::BuyerName => ("naam van de klant", "name of the customer"),
            Self::BuyerStreet => ("straat en huisnummer van de klant", "street and house number of the customer"),
            Self::BuyerPostcode => ("postcode van de klant", "post code of the customer"),
            Self::BuyerCity => ("plaats van de klant", "town of the customer"),
            Self::BuyerCountry => ("land van de klant", "country of the customer"),
            Self::BuyerEndpoint => {
                ("KvK-nummer of btw-id van de klant", "KvK number or Dutch VAT number of the customer")
            }
            Self::BuyerRegistration => ("KvK-nummer van de klant (8 cijfers)", "KvK number of the customer (8 digits)"),
            Self::BuyerIban => ("rekeningnummer van de klant (IBAN)", "account number of the customer (IBAN)"),
            Self::Mandate => ("kenmerk van de machtiging", "reference of the mandate"),
            Self::PaymentMeans => ("wijze van betalen", "way of paying"),
            Self::Number => ("nummer van het document", "number of the document"),
            Self::CreditedInvoice => {
                ("factuur waar de creditfactuur bij hoort", "invoice that the credit note is about")
            }
            Self::Lines => ("minstens één regel", "at least one line"),
            Self::LineDescription => ("omschrijving van elke regel", "description of every line"),
        };
        match locale {
            Locale::Nl => dutch,
            Locale::En => english,
        }
    }
}

/// A list for a person: `a, b, c`.
struct List<'a>(&'a [Missing]);

impl fmt::Display for List<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let texts: Vec<&str> = self.0.iter().map(|missing| missing.text(Locale::En)).collect();
        f.write_str(&texts.join(", "))
    }
}

/// Why a document cannot be an electronic invoice.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UblError {
    /// Something is missing: everything that is, in the order of the form. [`Missing::text`] has the words in Dutch too.
    #[error("an electronic invoice needs more: {}", List(.0))]
    Missing(Vec<Missing>),
    /// Lines outside VAT stand together with others (BR-O-11 to BR-O-14).
    #[error("lines outside VAT need a document of their own")]
    MixedVat,
    /// A VAT rate that a domestic invoice cannot have: at a rate it is more than zero, outside VAT it is zero (BR-S-05).
    #[error("a VAT rate of {0} % does not go with its category")]
    Rate(Decimal),
    /// The totals are not those of the lines: the document was issued wrong.
    #[error("the document does not add up: {0}")]
    Sums(&'static str),
}

/// `document` as UBL, an Invoice (380) or a `CreditNote` (381), in UTF-8.
///
/// # Errors
/// [`UblError`]: what must be completed first, or why this cannot be one electronic document.
pub fn write(document: &Document, profile: Profile) -> Result<String, UblError> {
    check(document, profile)?;
    let shape = Shape::of(document.kind);
    let namespace = format!("urn:oasis:names:specification:ubl:schema:xsd:{}-2", shape.root);
    let namespaces = [
        ("xmlns", namespace.as_str()),
        ("xmlns:cac", "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"),
        ("xmlns:cbc", "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"),
    ];
    let mut xml = Xml::new();
    xml.group_with(shape.root, &namespaces, |xml| {
        head(xml, document, profile, &shape);
        xml.group("cac:AccountingSupplierParty", |xml| seller(xml, document));
        xml.group("cac:AccountingCustomerParty", |xml| buyer(xml, document));
        xml.group("cac:Delivery", |xml| xml.leaf("cbc:ActualDeliveryDate", document.supplied_on.to_string()));
        payment(xml, document);
        tax_total(xml, document);
        monetary_total(xml, document);
        for (at, line) in document.lines.iter().enumerate() {
            document_line(xml, at + 1, line, &shape);
        }
    });
    Ok(xml.finish())
}

/// The element names that differ between the two kinds of document.
struct Shape {
    root: &'static str,
    type_element: &'static str,
    type_code: &'static str,
    line: &'static str,
    quantity: &'static str,
}

impl Shape {
    const fn of(kind: DocumentKind) -> Self {
        match kind {
            DocumentKind::Invoice => Self {
                root: "Invoice",
                type_element: "cbc:InvoiceTypeCode",
                type_code: "380",
                line: "cac:InvoiceLine",
                quantity: "cbc:InvoicedQuantity",
            },
            DocumentKind::CreditNote => Self {
                root: "CreditNote",
                type_element: "cbc:CreditNoteTypeCode",
                type_code: "381",
                line: "cac:CreditNoteLine",
                quantity: "cbc:CreditedQuantity",
            },
        }
    }
}

/// Whether all lines are outside VAT: then no VAT number of either side may appear (BR-O-02).
fn outside_vat(document: &Document) -> bool {
    document.lines.iter().any(|line| line.category == VatCategory::Outside)
}

/// Number, dates, references.
fn head(xml: &mut Xml, document: &Document, profile: Profile, shape: &Shape) {
    xml.leaf("cbc:CustomizationID", profile.customization());
    xml.leaf("cbc:ProfileID", "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0");
    xml.leaf("cbc:ID", &document.number);
    xml.leaf("cbc:IssueDate", document.issued_on.to_string());
    if document.kind == DocumentKind::Invoice {
        xml.leaf("cbc:DueDate", document.due_on.to_string());
    }
    xml.leaf(shape.type_element, shape.type_code);
    let example = match (document.example, document.locale) {
        (false, _) => None,
        (true, Locale::Nl) => Some("VOORBEELD: betaal dit niet."),
        (true, Locale::En) => Some("EXAMPLE: do not pay this."),
    };
    let notes: Vec<&str> = example.into_iter().chain(document.note.as_deref()).collect();
    xml.leaf("cbc:Note", notes.join(" "));
    xml.leaf("cbc:DocumentCurrencyCode", "EUR");
    let reference = one_line(&document.buyer_reference);
    let known = if reference.is_empty() { document.customer_number.to_string() } else { reference };
    xml.leaf("cbc:BuyerReference", known);
    if let Some((number, _)) = &document.credits {
        xml.group("cac:BillingReference", |xml| {
            xml.group("cac:InvoiceDocumentReference", |xml| {
                xml.leaf("cbc:ID", number);
            });
        });
    }
}

/// The seller, with its id as a creditor where money is collected (BT-90).
fn seller(xml: &mut Xml, document: &Document) {
    let collected = matches!(document.payable, Payable::DirectDebit { .. });
    let creditor = document.creditor_id.as_deref().filter(|_| collected);
    party(xml, &document.seller, creditor, outside_vat(document));
}

/// The buyer.
fn buyer(xml: &mut Xml, document: &Document) {
    party(xml, &document.buyer, None, outside_vat(document));
}

/// Either side: electronic address, postal address, numbers, ways to reach.
fn party(xml: &mut Xml, party: &Party, creditor: Option<&str>, outside: bool) {
    let registration = registration(party);
    let vat_number = vat_number(party).filter(|_| !outside);
    xml.group("cac:Party", |xml| {
        if let Some((scheme, id)) = endpoint(party) {
            xml.leaf_with("cbc:EndpointID", &[("schemeID", scheme)], id);
        }
        xml.group("cac:PartyIdentification", |xml| {
            xml.leaf_with("cbc:ID", &[("schemeID", "SEPA")], creditor.unwrap_or_default());
        });
        xml.group("cac:PostalAddress", |xml| address(xml, party));
        xml.group("cac:PartyTaxScheme", |xml| {
            if let Some(number) = &vat_number {
                xml.leaf("cbc:CompanyID", number);
                tax_scheme(xml);
            }
        });
        xml.group("cac:PartyLegalEntity", |xml| {
            xml.leaf("cbc:RegistrationName", &party.name);
            if let Some(number) = &registration {
                xml.leaf_with("cbc:CompanyID", &[("schemeID", "0106")], number);
            }
        });
        xml.group("cac:Contact", |xml| {
            xml.leaf("cbc:Telephone", party.phone.as_deref().unwrap_or_default());
            xml.leaf("cbc:ElectronicMail", party.email.as_deref().unwrap_or_default());
        });
    });
}

/// Street, town, post code, country.
fn address(xml: &mut Xml, party: &Party) {
    xml.leaf("cbc:StreetName", party.street.as_deref().unwrap_or_default());
    xml.leaf("cbc:CityName", party.city.as_deref().unwrap_or_default());
    xml.leaf("cbc:PostalZone", party.postcode.as_deref().unwrap_or_default());
    xml.group("cac:Country", |xml| xml.leaf("cbc:IdentificationCode", country(party)));
}

/// The country code of a party in capitals.
fn country(party: &Party) -> String {
    one_line(&party.country).to_ascii_uppercase()
}

/// The number in the Dutch trade register, without spaces; none where it is not one (NL-R-003, NL-R-005).
fn registration(party: &Party) -> Option<String> {
    party.registration.as_deref().map(iban::compact).filter(|number| country(party) == "NL" && is_registration(number))
}

/// The VAT number without spaces; for a Dutch party only one of the right shape.
fn vat_number(party: &Party) -> Option<String> {
    let number =
        party.vat_number.as_deref().map(iban::compact).filter(|number| number.is_ascii() && number.len() > 4)?;
    (country(party) != "NL" || is_vat_number(&number)).then_some(number)
}

/// The address in the Peppol network: the trade register (0106) before the VAT number (9944).
fn endpoint(party: &Party) -> Option<(&'static str, String)> {
    let by_vat = || vat_number(party).filter(|number| is_vat_number(number)).map(|number| ("9944", number));
    registration(party).map(|number| ("0106", number)).or_else(by_vat)
}

/// How it is paid, and for a credit note that nothing is: no amount may stand without either (BR-CO-25).
fn payment(xml: &mut Xml, document: &Document) {
    let payable = match document.kind {
        DocumentKind::Invoice => &document.payable,
        DocumentKind::CreditNote => &Payable::Nothing,
    };
    match payable {
        Payable::Transfer => xml.group("cac:PaymentMeans", |xml| {
            xml.leaf("cbc:PaymentMeansCode", "30");
            xml.leaf("cbc:PaymentID", &document.payment_reference);
            let account = document.seller_iban.as_deref().map(iban::compact).unwrap_or_default();
            xml.group("cac:PayeeFinancialAccount", |xml| xml.leaf("cbc:ID", account));
        }),
        Payable::DirectDebit { mandate, iban } => xml.group("cac:PaymentMeans", |xml| {
            xml.leaf("cbc:PaymentMeansCode", "59");
            xml.leaf("cbc:PaymentID", &document.payment_reference);
            xml.group("cac:PaymentMandate", |xml| {
                xml.leaf("cbc:ID", mandate);
                xml.group("cac:PayerFinancialAccount", |xml| xml.leaf("cbc:ID", iban::compact(iban)));
            });
        }),
        Payable::Nothing => xml.group("cac:PaymentTerms", |xml| {
            xml.leaf(
                "cbc:Note",
                match document.locale {
                    Locale::Nl => "Niets te betalen",
                    Locale::En => "Nothing to pay",
                },
            );
        }),
    }
}

/// VAT per rate.
fn tax_total(xml: &mut Xml, document: &Document) {
    xml.group("cac:TaxTotal", |xml| {
        amount(xml, "cbc:TaxAmount", document.vat_total());
        for total in &document.vat {
            xml.group("cac:TaxSubtotal", |xml| {
                amount(xml, "cbc:TaxableAmount", total.net);
                amount(xml, "cbc:TaxAmount", total.vat);
                xml.group("cac:TaxCategory", |xml| {
                    tax_category(xml, total.category, total.rate);
                    if total.category == VatCategory::Outside {
                        xml.leaf("cbc:TaxExemptionReason", outside_reason(document.locale));
                    }
                    tax_scheme(xml);
                });
            });
        }
    });
}

/// Why there is no VAT, in the buyer's language.
const fn outside_reason(locale: Locale) -> &'static str {
    match locale {
        Locale::Nl => "Valt buiten de heffing van btw",
        Locale::En => "Not subject to VAT",
    }
}

/// The code of a category; a rate only where there is one (BR-O-05).
fn tax_category(xml: &mut Xml, category: VatCategory, rate: Decimal) {
    match category {
        VatCategory::Standard => {
            xml.leaf("cbc:ID", "S");
            xml.leaf("cbc:Percent", rate.normalize().to_string());
        }
        VatCategory::Outside => xml.leaf("cbc:ID", "O"),
    }
}

/// The scheme of all categories.
fn tax_scheme(xml: &mut Xml) {
    xml.group("cac:TaxScheme", |xml| xml.leaf("cbc:ID", "VAT"));
}

/// An amount in euros.
fn amount(xml: &mut Xml, name: &str, cents: Cents) {
    xml.leaf_with(name, &[("currencyID", "EUR")], cents.to_string());
}

/// The sums.
fn monetary_total(xml: &mut Xml, document: &Document) {
    xml.group("cac:LegalMonetaryTotal", |xml| {
        amount(xml, "cbc:LineExtensionAmount", document.net());
        amount(xml, "cbc:TaxExclusiveAmount", document.net());
        amount(xml, "cbc:TaxInclusiveAmount", document.gross());
        amount(xml, "cbc:PayableAmount", document.gross());
    });
}

/// One line. Minutes are written as minutes at a price per sixty, so that no quantity is rounded; a price below zero (a
/// reduction) becomes a quantity below zero (BR-27).
fn document_line(xml: &mut Xml, nth: usize, line: &DocumentLine, shape: &Shape) {
    let (count, unit) = match line.quantity {
        Quantity::Pieces(count) => (count, "C62"),
        Quantity::Minutes(minutes) => (minutes.0, "MIN"),
    };
    let reduction = line.unit_price < Cents::ZERO;
    let (count, price) = if reduction {
        (-i128::from(count), Cents::ZERO - line.unit_price)
    } else {
        (i128::from(count), line.unit_price)
    };
    xml.group(shape.line, |xml| {
        xml.leaf("cbc:ID", nth.to_string());
        xml.leaf_with(shape.quantity, &[("unitCode", unit)], count.to_string());
        amount(xml, "cbc:LineExtensionAmount", line.net);
        xml.group("cac:Item", |xml| {
            xml.leaf("cbc:Description", line.detail.as_deref().unwrap_or_default());
            xml.leaf("cbc:Name", &line.description);
            xml.group("cac:ClassifiedTaxCategory", |xml| {
                tax_category(xml, line.category, line.rate);
                tax_scheme(xml);
            });
        });
        xml.group("cac:Price", |xml| {
            amount(xml, "cbc:PriceAmount", price);
            if let Quantity::Minutes(_) = line.quantity {
                xml.leaf_with("cbc:BaseQuantity", &[("unitCode", unit)], "60");
            }
        });
    });
}

/// Everything that stands between the document and a valid file.
fn check(document: &Document, profile: Profile) -> Result<(), UblError> {
    let outside = document.lines.iter().filter(|line| line.category == VatCategory::Outside).count();
    if outside != 0 && outside != document.lines.len() {
        return Err(UblError::MixedVat);
    }
    for line in &document.lines {
        let fits = match line.category {
            VatCategory::Standard => line.rate > Decimal::ZERO,
            VatCategory::Outside => line.rate.is_zero(),
        };
        if !fits {
            return Err(UblError::Rate(line.rate));
        }
    }
    let missing = missing(document, profile);
    if !missing.is_empty() {
        return Err(UblError::Missing(missing));
    }
    check_sums(document)
}

/// Whether the totals are those of the lines: line nets exactly, VAT within the cent by which a price that was agreed with
/// VAT in it may differ.
fn check_sums(document: &Document) -> Result<(), UblError> {
    let expected = |line: &DocumentLine| match line.quantity {
        Quantity::Pieces(count) => line.unit_price.0.checked_mul(count).map(Cents),
        Quantity::Minutes(minutes) => Some(line.unit_price.per_hour(minutes)),
    };
    if document.lines.iter().any(|line| expected(line) != Some(line.net)) {
        return Err(UblError::Sums("a line is not its quantity times its price"));
    }
    let of_lines = crate::domain::document::vat_of(&document.lines);
    let same = |a: &VatTotal, b: &VatTotal| {
        (a.category, a.rate, a.net) == (b.category, b.rate, b.net) && (a.vat - b.vat).0.abs() <= 1
    };
    let all = of_lines.len() == document.vat.len()
        && of_lines.iter().all(|total| document.vat.iter().any(|issued| same(total, issued)));
    let none_outside =
        document.vat.iter().all(|total| total.category != VatCategory::Outside || total.vat == Cents::ZERO);
    if all && none_outside { Ok(()) } else { Err(UblError::Sums("the VAT is not that of the lines")) }
}

/// What is missing, in the order of a form: the seller, the buyer, the payment, the lines.
fn missing(document: &Document, profile: Profile) -> Vec<Missing> {
    let (seller, buyer) = (&document.seller, &document.buyer);
    let told = |text: &str| !one_line(text).is_empty();
    let given = |text: &Option<String>| text.as_deref().is_some_and(told);
    let domestic = country(buyer) == "NL";
    let account = |text: Option<&str>| text.is_some_and(|text| iban::is_iban(&iban::compact(text)));
    let registered = profile == Profile::Nlcius && domestic;
    let credit = document.kind == DocumentKind::CreditNote;
    let by_transfer = !credit && document.payable == Payable::Transfer;
    let (mandate, payer) = match &document.payable {
        Payable::DirectDebit { mandate, iban } if !credit => (told(mandate), account(Some(iban))),
        _ => (true, true),
    };
    let wanted = [
        (told(&seller.name), Missing::SellerName),
        (given(&seller.street), Missing::SellerStreet),
        (given(&seller.postcode), Missing::SellerPostcode),
        (given(&seller.city), Missing::SellerCity),
        (country(seller).len() == 2, Missing::SellerCountry),
        (registration(seller).is_some(), Missing::SellerRegistration),
        (outside_vat(document) || vat_number(seller).is_some(), Missing::SellerVatNumber),
        (!by_transfer || account(document.seller_iban.as_deref()), Missing::SellerIban),
        (told(&buyer.name), Missing::BuyerName),
        (!domestic || given(&buyer.street), Missing::BuyerStreet),
        (!domestic || given(&buyer.postcode), Missing::BuyerPostcode),
        (!domestic || given(&buyer.city), Missing::BuyerCity),
        (country(buyer).len() == 2, Missing::BuyerCountry),
        (registered || endpoint(buyer).is_some(), Missing::BuyerEndpoint),
        (!registered || registration(buyer).is_some(), Missing::BuyerRegistration),
        (payer, Missing::BuyerIban),
        (mandate, Missing::Mandate),
        (credit || document.payable != Payable::Nothing || document.gross() <= Cents::ZERO, Missing::PaymentMeans),
        (told(&document.number), Missing::Number),
        (!credit || document.credits.as_ref().is_some_and(|(number, _)| told(number)), Missing::CreditedInvoice),
        (!document.lines.is_empty(), Missing::Lines),
        (document.lines.iter().all(|line| told(&line.description)), Missing::LineDescription),
    ];
    wanted.into_iter().filter(|(present, _)| !present).map(|(_, missing)| missing).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::samples;

    fn peppol(name: &str) -> String {
        let (_, document) = samples::all().into_iter().find(|(each, _)| *each == name).unwrap();
        write(&document, Profile::Peppol).unwrap()
    }

    /// The text of every element `name`, in order.
    fn all(xml: &str, name: &str) -> Vec<String> {
        let begins = format!("<{name}");
        xml.lines()
            .filter_map(|line| line.trim().strip_prefix(&begins)?.split_once('>'))
            .filter(|(attributes, _)| attributes.is_empty() || attributes.starts_with(' '))
            .filter_map(|(_, rest)| Some(rest.split_once("</")?.0.to_owned()))
            .collect()
    }

    #[test]
    fn golden_cents() {
        for (name, nets, vat, gross) in [
            ("g1", &["800.00"][..], "168.00", "968.00"),
            ("g3", &["800.00"], "168.00", "968.00"),
            ("g4a", &["82.50"], "0.00", "82.50"),
            ("g4b", &["82.50"], "17.33", "99.83"),
            ("g4c", &["68.18"], "14.32", "82.50"),
            ("g6", &["166.25"], "34.91", "201.16"),
            ("g7", &["31.67"], "6.65", "38.32"),
            ("g8", &["71.25"], "14.96", "86.21"),
            ("g9", &["166.25", "25.00"], "40.16", "231.41"),
            ("g10", &["33.35", "33.35", "33.35"], "21.01", "121.06"),
        ] {
            let xml = peppol(name);
            let net = all(&xml, "cbc:TaxExclusiveAmount");
            let mut lines = all(&xml, "cbc:LineExtensionAmount");
            assert_eq!(lines.remove(0), net[0], "{name}");
            assert_eq!(lines, nets, "{name}");
            assert_eq!(all(&xml, "cbc:TaxAmount"), [vat, vat], "{name}");
            assert_eq!(all(&xml, "cbc:TaxableAmount"), net, "{name}");
            assert_eq!(all(&xml, "cbc:PayableAmount"), [gross], "{name}");
            assert_eq!(all(&xml, "cbc:TaxInclusiveAmount"), [gross], "{name}");
        }
        assert_eq!(all(&peppol("g10"), "cbc:TaxExclusiveAmount"), ["100.05"]);
        assert_eq!(all(&peppol("g9"), "cbc:TaxExclusiveAmount"), ["191.25"]);
    }

    #[test]
    fn minutes_stay_minutes() {
        let xml = peppol("g7");
        assert!(xml.contains("<cbc:InvoicedQuantity unitCode=\"MIN\">20</cbc:InvoicedQuantity>"));
        assert!(xml.contains("<cbc:PriceAmount currencyID=\"EUR\">95.00</cbc:PriceAmount>"));
        assert!(xml.contains("<cbc:BaseQuantity unitCode=\"MIN\">60</cbc:BaseQuantity>"));
        assert!(peppol("dressed").contains("<cbc:InvoicedQuantity unitCode=\"C62\">-1</cbc:InvoicedQuantity>"));
    }

    #[test]
    fn a_fee_outside_vat_names_no_vat_number() {
        let xml = peppol("g4a");
        assert!(!xml.contains("NL123456782B01") && !xml.contains("NL000099998B57"));
        assert!(!xml.contains("PartyTaxScheme") && !xml.contains("cbc:Percent"));
        assert_eq!(all(&xml, "cbc:TaxExemptionReason"), ["Valt buiten de heffing van btw"]);
        assert_eq!(all(&peppol("g4a-en-collected"), "cbc:TaxExemptionReason"), ["Not subject to VAT"]);
    }

    #[test]
    fn payment_means_follow_the_way_of_paying() {
        let xml = peppol("g1");
        assert_eq!(all(&xml, "cbc:PaymentMeansCode"), ["30"]);
        assert_eq!(all(&xml, "cbc:PaymentID"), ["1000000202600042"]);
        assert!(xml.contains("<cbc:ID>NL91ABNA0417164300</cbc:ID>") && !xml.contains("schemeID=\"SEPA\""));
        let xml = peppol("collected");
        assert_eq!(all(&xml, "cbc:PaymentMeansCode"), ["59"]);
        assert!(xml.contains("<cbc:ID>SK-1042-01</cbc:ID>") && xml.contains("<cbc:ID>NL20INGB0001234567</cbc:ID>"));
        assert!(xml.contains("<cbc:ID schemeID=\"SEPA\">NL69ZZZ123456780000</cbc:ID>"));
        let xml = peppol("g3");
        assert!(!xml.contains("PaymentMeans") && xml.contains("<cbc:CreditNoteTypeCode>381<"));
        assert!(xml.contains("<cac:InvoiceDocumentReference>\n      <cbc:ID>2026-0041</cbc:ID>"));
    }

    #[test]
    fn the_profiles_differ_in_their_id_only() {
        for (name, document) in samples::all() {
            if document.buyer.registration.is_none() {
                let expected = UblError::Missing(vec![Missing::BuyerRegistration]);
                assert_eq!(write(&document, Profile::Nlcius), Err(expected), "{name}");
                continue;
            }
            let (peppol, nlcius) =
                (write(&document, Profile::Peppol).unwrap(), write(&document, Profile::Nlcius).unwrap());
            let same = peppol.replace(Profile::Peppol.customization(), Profile::Nlcius.customization());
            assert_eq!(same, nlcius, "{name}");
        }
    }

    #[test]
    fn endpoints_are_the_trade_register_before_vat() {
        assert!(peppol("g1").contains("<cbc:EndpointID schemeID=\"0106\">87654321</cbc:EndpointID>"));
        assert!(peppol("by-vat-number").contains("<cbc:EndpointID schemeID=\"9944\">NL000099998B57</cbc:EndpointID>"));
        assert_eq!(all(&peppol("plain"), "cbc:BuyerReference"), ["1042"]);
    }

    #[test]
    fn all_that_is_missing_is_told_at_once() {
        let mut document = samples::invoice("2026-0001", vec![samples::card()]);
        document.buyer.street = None;
        document.buyer.city = Some("  ".to_owned());
        document.buyer.registration = Some("1234".to_owned());
        document.buyer.vat_number = None;
        document.seller_iban = Some("NL46ABNA0499998748".to_owned());
        let error = write(&document, Profile::Peppol).unwrap_err();
        let expected = vec![Missing::SellerIban, Missing::BuyerStreet, Missing::BuyerCity, Missing::BuyerEndpoint];
        assert_eq!(error, UblError::Missing(expected));
        assert_eq!(
            error.to_string(),
            "an electronic invoice needs more: your own account number (IBAN), street and house number of the customer, \
             town of the customer, KvK number or Dutch VAT number of the customer"
        );
    }

    #[test]
    fn pay_1a_an_example_says_so() {
        let (_, mut document) = samples::all().into_iter().find(|(each, _)| *each == "g1").unwrap();
        document.example = true;
        let xml = write(&document, Profile::Peppol).unwrap();
        assert!(all(&xml, "cbc:Note").iter().any(|note| note.starts_with("VOORBEELD")), "{xml}");
        assert_eq!(crate::exchange::epc::of(&document), None, "no code to pay with");
    }

    #[test]
    fn an_invoice_is_paid_somehow_and_a_credit_note_never() {
        let mut document = samples::invoice("2026-0001", vec![samples::card()]);
        document.payable = Payable::Nothing;
        assert_eq!(write(&document, Profile::Peppol), Err(UblError::Missing(vec![Missing::PaymentMeans])));
        let mut document = samples::collected(samples::invoice("2026-0001", vec![samples::card()]));
        document.payable = Payable::DirectDebit { mandate: String::new(), iban: "NL91".to_owned() };
        let expected = vec![Missing::BuyerIban, Missing::Mandate];
        assert_eq!(write(&document, Profile::Peppol), Err(UblError::Missing(expected)));
        let mut document = samples::credit(document, "2026-0001");
        document.payable = Payable::Transfer;
        assert!(!write(&document, Profile::Peppol).unwrap().contains("PaymentMeans"));
        document.credits = None;
        assert_eq!(write(&document, Profile::Peppol), Err(UblError::Missing(vec![Missing::CreditedInvoice])));
    }

    #[test]
    fn what_cannot_be_one_document_is_refused() {
        let mut document = samples::invoice("2026-0001", vec![samples::card(), samples::fee(8_250)]);
        document.lines[1].category = VatCategory::Outside;
        assert_eq!(write(&document, Profile::Peppol), Err(UblError::MixedVat));
        let mut document = samples::invoice("2026-0001", vec![samples::card()]);
        document.vat[0].vat = Cents(16_899);
        assert!(matches!(write(&document, Profile::Peppol), Err(UblError::Sums(_))), "an error of 99 cents");
        let mut document = samples::invoice("2026-0001", vec![samples::card()]);
        document.lines[0].rate = Decimal::ZERO;
        assert_eq!(write(&document, Profile::Peppol), Err(UblError::Rate(Decimal::ZERO)));
        let mut document = samples::invoice("2026-0001", vec![samples::overage(20)]);
        document.lines[0].net = Cents(3_166);
        assert!(matches!(write(&document, Profile::Peppol), Err(UblError::Sums(_))));
    }

    /// With `FINANCE_OUT` set, every document of the tests is written there, for the official rules to judge.
    #[test]
    fn documents_for_the_official_rules() {
        let Some(folder) = std::env::var_os("FINANCE_OUT").map(std::path::PathBuf::from) else { return };
        std::fs::create_dir_all(&folder).unwrap();
        for (name, document) in samples::all() {
            for &profile in Profile::ALL {
                let file = folder.join(format!("{name}.{profile}.xml"));
                if profile == Profile::Peppol || document.buyer.registration.is_some() {
                    std::fs::write(file, write(&document, profile).unwrap()).unwrap();
                }
            }
        }
    }
}
