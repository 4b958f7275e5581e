//! What a document must say before it is definite (PAY-1a): who sells and who buys, with name and address.
//!
//! One question, asked by every way in which a document becomes definite: an order, a fee, a draft that finance issues. A
//! credit note follows the facts of its invoice's customer and is never held up.

use super::{Cents, Customer, document::Party, policy::Provider, words::words};

/// Up to this amount, VAT included, a simplified invoice will do: it names the seller only (*vereenvoudigde factuur*).
pub const SIMPLIFIED: Cents = Cents(10_000);

words! {
    /// What a document still misses.
    pub enum MissingField {
        /// The seller is an example: the policy's `[provider]` has to be filled in with real details.
        SellerExample = "seller_example",
        /// Name of the seller.
        SellerName = "seller_name",
        /// Street and house number of the seller.
        SellerStreet = "seller_street",
        /// Post code of the seller.
        SellerPostcode = "seller_postcode",
        /// Town of the seller.
        SellerCity = "seller_city",
        /// VAT number of the seller.
        SellerVatNumber = "seller_vat_number",
        /// Number of a Dutch seller in the trade register.
        SellerRegistration = "seller_registration",
        /// Name of the buyer.
        BuyerName = "buyer_name",
        /// Street and house number of the buyer.
        BuyerStreet = "buyer_street",
        /// Post code of the buyer.
        BuyerPostcode = "buyer_postcode",
        /// Town of the buyer.
        BuyerCity = "buyer_city",
    }
}

impl MissingField {
    /// The field of the buyer's billing details, by its name in the API; none for what the provider fills in.
    #[must_use]
    pub const fn of_buyer(self) -> Option<&'static str> {
        match self {
            Self::BuyerName => Some("name"),
            Self::BuyerStreet => Some("street"),
            Self::BuyerPostcode => Some("postcode"),
            Self::BuyerCity => Some("city"),
            Self::SellerExample
            | Self::SellerName
            | Self::SellerStreet
            | Self::SellerPostcode
            | Self::SellerCity
            | Self::SellerVatNumber
            | Self::SellerRegistration => None,
        }
    }

    /// The key of the policy's `[provider]`; none for what the buyer fills in.
    #[must_use]
    pub const fn of_seller(self) -> Option<&'static str> {
        match self {
            Self::SellerExample => Some("example"),
            Self::SellerName => Some("name"),
            Self::SellerStreet => Some("street"),
            Self::SellerPostcode => Some("postcode"),
            Self::SellerCity => Some("city"),
            Self::SellerVatNumber => Some("vat_number"),
            Self::SellerRegistration => Some("registration"),
            Self::BuyerName | Self::BuyerStreet | Self::BuyerPostcode | Self::BuyerCity => None,
        }
    }
}

/// What is missing for a document of `gross` (VAT included) to be definite, in the order of a form; nothing when it can be
/// issued. At or below [`SIMPLIFIED`] only the seller is asked for. For an example seller nothing is ever issued.
#[must_use]
pub fn missing_for(seller: &Provider, buyer: &Customer, gross: Cents) -> Vec<MissingField> {
    if !seller.example.may_issue() {
        return vec![MissingField::SellerExample];
    }
    let dutch = seller.country == Provider::HOME;
    let told = |text: &Option<String>| text.as_deref().is_some_and(|text| !text.trim().is_empty());
    let (from, to) = (Party::selling(seller), Party::buying(buyer));
    let full = gross > SIMPLIFIED;
    let wanted = [
        (!from.name.trim().is_empty(), MissingField::SellerName),
        (told(&from.street), MissingField::SellerStreet),
        (told(&from.postcode), MissingField::SellerPostcode),
        (told(&from.city), MissingField::SellerCity),
        (told(&from.vat_number), MissingField::SellerVatNumber),
        (!dutch || told(&from.registration), MissingField::SellerRegistration),
        (!full || !to.name.trim().is_empty(), MissingField::BuyerName),
        (!full || told(&to.street), MissingField::BuyerStreet),
        (!full || told(&to.postcode), MissingField::BuyerPostcode),
        (!full || told(&to.city), MissingField::BuyerCity),
    ];
    wanted.into_iter().filter(|(there, _)| !there).map(|(_, missing)| missing).collect()
}

/// What is missing in one sentence, for logs, the command line and the API.
#[must_use]
pub fn in_words(missing: &[MissingField]) -> String {
    let list = |of: fn(MissingField) -> Option<&'static str>| {
        missing.iter().filter_map(|field| of(*field)).collect::<Vec<_>>().join(", ")
    };
    let (seller, buyer) = (list(MissingField::of_seller), list(MissingField::of_buyer));
    let seller = match () {
        () if missing.contains(&MissingField::SellerExample) => {
            "the provider's details are an example: fill in [provider] of the policy, and take `example` out".to_owned()
        }
        () if seller.is_empty() => seller,
        () => format!("[provider] of the policy misses: {seller}"),
    };
    match (seller.is_empty(), buyer.is_empty()) {
        (_, true) => seller,
        (true, false) => format!("the customer's billing details miss: {buyer}"),
        (false, false) => format!("{seller}; the customer's billing details miss: {buyer}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Billing, CustomerId, Locale, Minutes, Policy};
    use chrono::{NaiveDate, TimeZone as _, Utc};
    use uuid::Uuid;

    fn seller(keys: &str) -> Provider {
        let head = "name = \"t\"\neffective_from = 2026-01-01\n[provider]\nname = \"T\"\nemail = \"t@t.example\"\n";
        Policy::parse(&format!("{head}{keys}")).unwrap().provider
    }

    const REAL: &str = "street = \"S 1\"\npostcode = \"1234 AB\"\ncity = \"C\"\nvat_number = \"NL123456789B01\"\nregistration = \"12345678\"\n";

    fn buyer(name: &str, parts: [&str; 3]) -> Customer {
        let [street, postcode, city] = parts.map(|part| (!part.is_empty()).then(|| part.to_owned()));
        let at = Utc.with_ymd_and_hms(2026, 3, 9, 9, 0, 0).unwrap();
        Customer {
            id: CustomerId(Uuid::nil()),
            number: 1,
            name: name.to_owned(),
            email: "b@b.example".to_owned(),
            identity: String::new(),
            locale: Locale::Nl,
            monthly_amount: None,
            billing: Some(Billing { street, postcode, city, ..Billing::default() }),
            credit: Cents::ZERO,
            paused_on: None,
            arranged_until: None,
            contract_start: NaiveDate::MIN,
            contract_end: None,
            created_at: at,
            seq: 0,
            head: String::new(),
            last_recorded_at: at,
            available: Minutes::ZERO,
            held: Minutes::ZERO,
            used: Minutes::ZERO,
            expired: Minutes::ZERO,
            frozen: Minutes::ZERO,
            refunded: Minutes::ZERO,
            converted: Minutes::ZERO,
            uncovered: Minutes::ZERO,
        }
    }

    #[test]
    fn pay_1a_above_a_hundred_euros_the_buyer_is_named_in_full() {
        use MissingField::{BuyerCity, BuyerName, BuyerPostcode, BuyerStreet};
        let seller = seller(REAL);
        for (name, parts, cents, missing) in [
            ("B", ["S 2", "1234 AC", "D"], 96_800, vec![]),
            ("B", ["", "", ""], 10_001, vec![BuyerStreet, BuyerPostcode, BuyerCity]),
            (" ", [" ", "1234 AC", "D"], 10_001, vec![BuyerName, BuyerStreet]),
            ("B", ["", "", ""], 10_000, vec![]),
            ("B", ["S 2", "1234 AC", ""], i64::MAX, vec![BuyerCity]),
        ] {
            assert_eq!(missing_for(&seller, &buyer(name, parts), Cents(cents)), missing, "{name} {parts:?} {cents}");
        }
    }

    #[test]
    fn pay_1a_the_seller_is_named_in_full_on_every_document() {
        use MissingField::{
            SellerCity, SellerExample, SellerPostcode, SellerRegistration, SellerStreet, SellerVatNumber,
        };
        let all = vec![SellerStreet, SellerPostcode, SellerCity, SellerVatNumber, SellerRegistration];
        let abroad = "country = \"BE\"\nstreet = \"S\"\npostcode = \"1\"\ncity = \"C\"\nvat_number = \"BE0123456789\"";
        for (keys, missing) in [
            (REAL.to_owned(), vec![]),
            (String::new(), all),
            (abroad.to_owned(), vec![]),
            (format!("{REAL}example = true"), vec![SellerExample]),
            (format!("{REAL}example = \"demo\""), vec![]),
        ] {
            let found = missing_for(&seller(&keys), &buyer("B", ["S 2", "1234 AC", "D"]), Cents(1));
            assert_eq!(found, missing, "{keys}");
        }
    }

    #[test]
    fn pay_1a_what_is_missing_is_said_with_what_to_do() {
        let said = in_words(&[MissingField::SellerVatNumber, MissingField::BuyerStreet, MissingField::BuyerCity]);
        assert_eq!(
            said,
            "[provider] of the policy misses: vat_number; the customer's billing details miss: street, city"
        );
        assert!(in_words(&[MissingField::SellerExample]).contains("fill in [provider]"));
    }
}
