//! `[collection]`: how we collect by direct debit (*incasso*) ourselves.

use super::reader::{Kind, Reader, matching, number, word};
use crate::domain::bank::{PainVersion, Scheme};
use crate::domain::iban::{is_bic, is_creditor_id};

/// How files of collections are made, and what customers are told before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CollectionRules {
    /// Our id as a creditor (*incassant-ID*).
    pub creditor_id: String,
    /// Our bank, where it wants to be told.
    pub bic: Option<String>,
    /// What our bank takes.
    pub format: PainVersion,
    /// Under which scheme, unless a mandate says otherwise.
    pub scheme: Scheme,
    /// How many days before the collection a customer is told of it.
    pub notice_days: u32,
    /// How often a collection that came back is tried again by itself (PAY-2).
    pub retries: u32,
}

impl CollectionRules {
    /// Reads the section of the whole policy, which needs an account for the money to come to.
    pub(super) fn read_section(keys: &mut Reader<'_>) -> Option<Self> {
        let collects = keys.has("collection");
        if collects && !keys.peek("provider", |provider| provider.has("iban")) {
            keys.fault("collection", "an account in provider.iban as well, for what is collected to come to");
        }
        collects.then(|| keys.table("collection", Self::read))
    }

    fn read(keys: &mut Reader<'_>) -> Self {
        let formats = word(PainVersion::ALL.iter().map(|format| (format.as_str(), *format)));
        let schemes = word(Scheme::ALL.iter().map(|scheme| (scheme.as_str(), *scheme)));
        Self {
            creditor_id: keys.required("creditor_id", creditor_id()),
            bic: keys.optional("bic", bic()),
            format: keys.or("format", PainVersion::V08, formats),
            scheme: keys.or("scheme", Scheme::Core, schemes),
            notice_days: keys.or("notice_days", 14, number("days", 0..=365)),
            retries: keys.or("retries", 1, number("attempts", 0..=5)),
        }
    }
}

fn creditor_id() -> Kind<String> {
    let expected =
        "a creditor id (incassant-ID) in quotes whose check digits are right, such as \"NL69ZZZ123456780000\"";
    matching(expected, is_creditor_id)
}

fn bic() -> Kind<String> {
    matching("a BIC in quotes, such as \"ABNANL2A\"", is_bic)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::policy::{Part, Policy, PolicyErrors};

    const HEAD: &str = "name = \"t\"\neffective_from = 2026-01-01\n[provider]\nname = \"T\"\nemail = \"t@t.example\"\n";
    const IBAN: &str = "iban = \"NL91ABNA0417164300\"\n";
    const LEAST: &str = "[collection]\ncreditor_id = \"NL69ZZZ123456780000\"\n";

    #[test]
    fn pay_2_collecting_has_defaults_and_may_be_absent() {
        let without = Policy::parse(HEAD).unwrap();
        assert_eq!((&without.collection, without.has(Part::Collection)), (&None, false));
        let with = Policy::parse(&format!("{HEAD}{IBAN}{LEAST}")).unwrap();
        let expected = CollectionRules {
            creditor_id: "NL69ZZZ123456780000".to_owned(),
            bic: None,
            format: PainVersion::V08,
            scheme: Scheme::Core,
            notice_days: 14,
            retries: 1,
        };
        assert_eq!((with.has(Part::Collection), with.collection), (true, Some(expected)));
    }

    #[test]
    fn pay_2_what_is_collected_needs_an_account_to_come_to() {
        let PolicyErrors(faults) = Policy::parse(&format!("{HEAD}{LEAST}")).unwrap_err();
        let [fault] = &faults[..] else { panic!("{faults:?}") };
        assert_eq!((fault.line, fault.key.as_str()), (6, "collection"));
        assert!(fault.expected.contains("provider.iban"), "{fault}");
        // An account that is there and wrong is one fault, not two.
        let wrong = format!("{HEAD}iban = \"NL00\"\n{LEAST}");
        let PolicyErrors(faults) = Policy::parse(&wrong).unwrap_err();
        assert_eq!(faults.iter().map(|fault| fault.key.as_str()).collect::<Vec<_>>(), ["provider.iban"]);
    }

    #[test]
    fn pay_2_a_fault_names_key_and_what_was_expected() {
        for (key, value, expected) in [
            ("creditor_id", "\"NL99ZZZ123456780000\"", "NL69ZZZ123456780000"),
            ("bic", "\"ABNA\"", "a BIC"),
            ("format", "\"pain.008.001.09\"", "\"pain.008.001.08\" or \"pain.008.001.02\""),
            ("scheme", "\"cor1\"", "\"core\" or \"b2b\""),
            ("notice_days", "-1", "days from 0"),
            ("retries", "6", "from 0 to 5"),
        ] {
            let others = if key == "creditor_id" { "[collection]\n" } else { LEAST };
            let text = format!("{HEAD}{IBAN}{others}{key} = {value}\n");
            let PolicyErrors(faults) = Policy::parse(&text).expect_err(key);
            let [fault] = &faults[..] else { panic!("{faults:?}") };
            assert_eq!(fault.key, format!("collection.{key}"));
            assert!(fault.expected.contains(expected), "{fault}");
        }
    }
}
