//! `[provider]`: the company behind the policy (PAY-1: an invoice names it in full).

use super::reader::{Kind, Reader, email, matching, text};
use crate::domain::company_numbers::{is_registration, is_vat_number};
use crate::domain::iban::{is_code, is_iban};
use toml::de::DeValue;

/// Whether the company is real (PAY-1a).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Example {
    /// It is: documents are issued for it.
    #[default]
    No,
    /// `example = true`: it is made up, and nothing is issued for it.
    Yes,
    /// `example = "demo"`: it is made up, and every document says so. For the demo, whose database is thrown away.
    Demo,
}

impl Example {
    /// Whether documents may be issued for such a seller.
    #[must_use]
    pub const fn may_issue(self) -> bool {
        match self {
            Self::No | Self::Demo => true,
            Self::Yes => false,
        }
    }

    /// Whether the seller is made up, so that nobody is to pay it.
    #[must_use]
    pub const fn is_made_up(self) -> bool {
        match self {
            Self::No => false,
            Self::Yes | Self::Demo => true,
        }
    }
}

/// The company behind the policy, as invoices print it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provider {
    /// Its name.
    pub name: String,
    /// Where customers write to.
    pub email: String,
    /// Where customers call.
    pub phone: Option<String>,
    /// Street and house number.
    pub street: Option<String>,
    /// Post code.
    pub postcode: Option<String>,
    /// Town.
    pub city: Option<String>,
    /// Country by its two capitals (ISO 3166-1).
    pub country: String,
    /// Its VAT number (*btw-id*).
    pub vat_number: Option<String>,
    /// Its number in the trade register (*`KvK`*).
    pub registration: Option<String>,
    /// Where customers pay to: an IBAN without spaces.
    pub iban: Option<String>,
    /// Further accounts of ours, whose statements are read as well: IBANs without spaces (BANK-8).
    pub other_ibans: Vec<String>,
    /// Who is told that a customer calls a ticket stalled (SLA-7).
    pub account_manager: Option<String>,
    /// Whether the company is made up (PAY-1a).
    pub example: Example,
}

impl Provider {
    /// The country where numbers have to have the Dutch shapes, and that needs no line in an address.
    pub(crate) const HOME: &str = "NL";

    /// The postal address line by line: street, post code and town, and the country where it is another one. Empty when
    /// none of it was told.
    #[must_use]
    pub fn address_lines(&self) -> Vec<String> {
        let place: Vec<&str> = [&self.postcode, &self.city].into_iter().flatten().map(String::as_str).collect();
        let mut lines: Vec<String> = self.street.iter().cloned().collect();
        if !place.is_empty() {
            lines.push(place.join(" "));
        }
        if !lines.is_empty() && self.country != Self::HOME {
            lines.push(self.country.clone());
        }
        lines
    }

    /// Our accounts at the bank, the one that customers pay to first; none where the policy names none.
    #[must_use]
    pub fn own_accounts(&self) -> Vec<String> {
        let mut accounts: Vec<String> = self.iban.iter().chain(&self.other_ibans).cloned().collect();
        let mut seen = std::collections::BTreeSet::new();
        accounts.retain(|account| seen.insert(account.clone()));
        accounts
    }

    pub(super) fn read(keys: &mut Reader<'_>) -> Self {
        let country = keys.or("country", Self::HOME.to_owned(), country());
        let dutch = country == Self::HOME;
        Self {
            name: keys.required("name", text()),
            email: keys.required("email", email()),
            phone: keys.optional("phone", text()),
            street: keys.optional("street", text()),
            postcode: keys.optional("postcode", text()),
            city: keys.optional("city", text()),
            vat_number: keys.optional("vat_number", if dutch { dutch_vat_number() } else { vat_number(&country) }),
            registration: keys.optional("registration", if dutch { dutch_registration() } else { text() }),
            iban: keys.optional("iban", iban()),
            other_ibans: keys.list("other_ibans", Vec::new(), &iban()),
            account_manager: keys.optional("account_manager", email()),
            example: keys.or("example", Example::No, example()),
            country,
        }
    }
}

fn example() -> Kind<Example> {
    Kind::new("true while these details are made up, else false or nothing", |value| match value {
        DeValue::Boolean(true) => Some(Example::Yes),
        DeValue::Boolean(false) => Some(Example::No),
        other => (other.as_str() == Some("demo")).then_some(Example::Demo),
    })
}

fn country() -> Kind<String> {
    matching("a country by its two capitals, such as \"NL\"", |text| {
        text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase())
    })
}

fn dutch_vat_number() -> Kind<String> {
    matching("a VAT number (btw-id) in quotes without spaces, such as \"NL123456789B01\"", is_vat_number)
}

fn vat_number(country: &str) -> Kind<String> {
    let country = country.to_owned();
    matching(format!("a VAT number in quotes without spaces that begins with {country}"), move |text| {
        text.strip_prefix(&country).is_some_and(|rest| (2..=13).contains(&rest.len()) && is_code(rest))
    })
}

fn dutch_registration() -> Kind<String> {
    matching("a number in the trade register (KvK), eight digits in quotes", is_registration)
}

fn iban() -> Kind<String> {
    matching("an IBAN in quotes without spaces whose check digits are right, such as \"NL91ABNA0417164300\"", is_iban)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::policy::{Policy, PolicyErrors};

    fn read(keys: &str) -> Result<Provider, PolicyErrors> {
        let head = "name = \"t\"\neffective_from = 2026-01-01\n[provider]\nname = \"T\"\nemail = \"t@t.example\"\n";
        Policy::parse(&format!("{head}{keys}")).map(|policy| policy.provider)
    }

    #[test]
    fn pay_1_an_address_prints_what_was_told() {
        for (keys, lines) in [
            ("", &[][..]),
            ("country = \"BE\"", &[]),
            ("city = \"Town\"", &["Town"]),
            ("street = \"Street 1\"\npostcode = \"1234 AB\"\ncity = \"Town\"", &["Street 1", "1234 AB Town"]),
            (
                "street = \"Kaai 2\"\npostcode = \"2000\"\ncity = \"Stad\"\ncountry = \"BE\"",
                &["Kaai 2", "2000 Stad", "BE"],
            ),
        ] {
            assert_eq!(read(keys).unwrap().address_lines(), lines, "{keys}");
        }
        assert_eq!(read("").unwrap().country, "NL");
    }

    #[test]
    fn pay_1_numbers_have_the_shapes_of_their_country() {
        assert!(read("country = \"BE\"\nvat_number = \"BE0123456789\"\nregistration = \"0123.456.789\"").is_ok());
        for (keys, key, expected) in [
            ("country = \"nl\"", "country", "two capitals"),
            ("vat_number = \"NL123456789\"", "vat_number", "NL123456789B01"),
            ("country = \"BE\"\nvat_number = \"NL123456789B01\"", "vat_number", "begins with BE"),
            ("registration = \"1234 5678\"", "registration", "eight digits"),
            ("iban = \"NL46ABNA0499998748\"", "iban", "check digits"),
            ("address = [\"Street 1\"]", "address", "a known key"),
        ] {
            let PolicyErrors(faults) = read(keys).expect_err(keys);
            let [fault] = &faults[..] else { panic!("{faults:?}") };
            assert_eq!(fault.key, format!("provider.{key}"), "{fault}");
            assert!(fault.expected.contains(expected), "{fault}");
        }
    }
}
