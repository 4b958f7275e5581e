//! The fields of the buyer that an order asks for, because its invoice needs them and they are not known (PAY-1a).

use super::words::either;
use crate::domain::MissingField;
use crate::web::text::Lang;

/// One field.
pub struct Wanted {
    /// Its name in the form and the API.
    pub name: &'static str,
    /// What it is called.
    pub label: &'static str,
    /// What a browser may fill it with.
    pub autocomplete: &'static str,
}

/// The fields of the buyer among what is missing, in the order of a form.
#[must_use]
pub fn wanted(missing: &[MissingField], lang: Lang) -> Vec<Wanted> {
    let field = |field: &MissingField| {
        let (nl, en, autocomplete) = match field {
            MissingField::BuyerName => ("Naam", "Name", "organization"),
            MissingField::BuyerStreet => ("Straat en huisnummer", "Street and house number", "street-address"),
            MissingField::BuyerPostcode => ("Postcode", "Postcode", "postal-code"),
            MissingField::BuyerCity => ("Plaats", "Town", "address-level2"),
            MissingField::SellerExample
            | MissingField::SellerName
            | MissingField::SellerStreet
            | MissingField::SellerPostcode
            | MissingField::SellerCity
            | MissingField::SellerVatNumber
            | MissingField::SellerRegistration => return None,
        };
        field.of_buyer().map(|name| Wanted { name, label: either(lang, nl, en), autocomplete })
    };
    missing.iter().filter_map(field).collect()
}
