//! `[reversals]` and `[reactivation]`: what follows when a payment is undone, and when a pause ends (PAY-2 to PAY-4).

use super::reader::{Kind, Reader, date, decimal, flag, matching, money, number, text, word};
use crate::domain::iban::is_code;
use crate::domain::reasons::Action;
use crate::domain::{Cents, words::words};
use chrono::NaiveDate;
use rust_decimal::Decimal;

words! {
    /// How a fee stands towards VAT (PAY-6). The law leaves room, so the provider chooses.
    pub enum FeeVat {
        /// Compensation of damage: no VAT, on a document of its own.
        OutsideScope = "outside_scope",
        /// A service: VAT comes on top of the fee.
        StandardEx = "standard_ex",
        /// A service: the fee has VAT in it.
        StandardIncl = "standard_incl",
    }
}

/// What a reversal (*stornering*) costs and does (PAY-2, PAY-3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReversalRules {
    /// What each reversal that is charged costs; zero for nothing.
    pub fee: Cents,
    /// How the fee stands towards VAT.
    pub vat: FeeVat,
    /// Who decided that, where told; together with the day.
    pub decided_by: Option<String>,
    /// On which day.
    pub decided_on: Option<NaiveDate>,
    /// How many counted reversals cost nothing.
    pub free_reversals: u32,
    /// Whether the free ones are charged after all once there are more than those.
    pub charge_first_when_exceeded: bool,
    /// Over what time reversals are counted.
    pub count_window: CountWindow,
    /// Whether a collection that was refused before settlement counts.
    pub count_rejects: bool,
    /// Whether minutes of a card that is active from its order are frozen too (PAY-3). Cards that are active from their
    /// payment always are.
    pub freeze_on_reversal: bool,
    /// After how many days without a new payment the unspent part of a card is credited (PAY-3).
    pub dunning_days: u32,
    /// What certain codes of the bank mean here; the others mean what they usually do. Each code once.
    pub codes: Vec<ReversalCode>,
}

/// Over what time reversals of a customer are counted (PAY-2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CountWindow {
    /// All of them, for as long as it is a customer.
    Relation,
    /// Those of so many months up to the value date; at least one.
    Months(u32),
}

/// What one code of the bank means (PAY-2).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReversalCode {
    /// The code: four capitals and digits, such as `AM04`.
    pub code: String,
    /// Whether it counts for the fee.
    pub counts: bool,
    /// What is done about it; what is usual where not told.
    pub action: Option<Action>,
}

/// What it costs to take up an account that was paused for arrears (PAY-4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReactivationRules {
    /// How many times the customer's monthly amount finance may charge at most: 0 to 6.
    pub most: Decimal,
    /// How that fee stands towards VAT.
    pub vat: FeeVat,
}

impl FeeVat {
    fn kind() -> Kind<Self> {
        word(Self::ALL.iter().map(|vat| (vat.as_str(), *vat)))
    }
}

impl ReversalRules {
    /// What the policy says about a code of the bank; `None` where it means what it usually does.
    #[must_use]
    pub fn code(&self, code: &str) -> Option<&ReversalCode> {
        self.codes.iter().find(|known| known.code == code)
    }

    pub(super) fn read(keys: &mut Reader<'_>) -> Self {
        let (told_by, told_on) = (keys.has("decided_by"), keys.has("decided_on"));
        if told_by != told_on {
            let (alone, absent) = if told_by { ("decided_by", "decided_on") } else { ("decided_on", "decided_by") };
            keys.fault(alone, format!("this key only beside {absent}"));
        }
        let mut taken = Vec::new();
        Self {
            fee: keys.or("fee", Cents::ZERO, money()),
            vat: keys.or("vat", FeeVat::OutsideScope, FeeVat::kind()),
            decided_by: keys.optional("decided_by", text()),
            decided_on: keys.optional("decided_on", date()),
            free_reversals: keys.or("free_reversals", 1, number("reversals", 0..=1_000)),
            charge_first_when_exceeded: keys.or("charge_first_when_exceeded", false, flag()),
            count_window: CountWindow::read(keys),
            count_rejects: keys.or("count_rejects", true, flag()),
            freeze_on_reversal: keys.or("freeze_on_reversal", false, flag()),
            dunning_days: keys.or("dunning_days", 30, number("days", 1..=365)),
            codes: keys.tables("codes", |keys| ReversalCode::read(keys, &mut taken)),
        }
    }
}

impl CountWindow {
    fn read(keys: &mut Reader<'_>) -> Self {
        if keys.is_table("count_window") {
            let months = |keys: &mut Reader<'_>| keys.required("months", number("months", 1..=120));
            return Self::Months(keys.table("count_window", months));
        }
        let relation =
            Kind { expected: "\"relation\" or { months = 12 }".to_owned(), ..word([("relation", Self::Relation)]) };
        keys.or("count_window", Self::Relation, relation)
    }
}

impl ReversalCode {
    fn read(keys: &mut Reader<'_>, taken: &mut Vec<String>) -> Self {
        let action = word(Action::ALL.iter().map(|action| (action.as_str(), *action)));
        let code = Self {
            code: keys.required("code", bank_code()),
            counts: keys.required("counts", flag()),
            action: keys.optional("action", action),
        };
        if taken.contains(&code.code) {
            keys.fault("code", "a code that no other section names");
        } else if !code.code.is_empty() {
            taken.push(code.code.clone());
        }
        code
    }
}

impl ReactivationRules {
    /// The highest factor that a policy may allow (PAY-4).
    pub const MOST: u32 = 6;

    pub(super) fn read(keys: &mut Reader<'_>) -> Self {
        Self {
            most: keys.or("most", Decimal::from(Self::MOST), months()),
            vat: keys.or("vat", FeeVat::StandardEx, FeeVat::kind()),
        }
    }
}

fn bank_code() -> Kind<String> {
    matching("a code of the bank, four capitals and digits in quotes, such as \"AM04\"", |text| {
        text.len() == 4 && is_code(text)
    })
}

/// A number of monthly amounts.
fn months() -> Kind<Decimal> {
    let most = ReactivationRules::MOST;
    Kind::new(format!("a number from 0 to {most} with at most 2 decimals, such as 6 or 1.5"), move |value| {
        decimal(value).filter(|number| (Decimal::ZERO..=Decimal::from(most)).contains(number) && number.scale() <= 2)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::policy::{Part, Policy, PolicyErrors};

    const HEAD: &str = "name = \"t\"\neffective_from = 2026-01-01\n[provider]\nname = \"T\"\nemail = \"t@t.example\"\n";

    fn read(section: &str) -> Result<Policy, PolicyErrors> {
        Policy::parse(&format!("{HEAD}{section}"))
    }

    fn usual() -> ReversalRules {
        ReversalRules {
            fee: Cents::ZERO,
            vat: FeeVat::OutsideScope,
            decided_by: None,
            decided_on: None,
            free_reversals: 1,
            charge_first_when_exceeded: false,
            count_window: CountWindow::Relation,
            count_rejects: true,
            freeze_on_reversal: false,
            dunning_days: 30,
            codes: vec![],
        }
    }

    #[test]
    fn pay_2_the_defaults_are_those_of_the_rulebook_and_it_may_be_absent() {
        let without = read("").unwrap();
        assert_eq!((&without.reversals, without.reactivation), (&None, None));
        assert!(!without.has(Part::Reversals) && !without.has(Part::Reactivation));
        let with = read("[reversals]\n[reactivation]\n").unwrap();
        assert_eq!(with.reversals, Some(usual()));
        assert_eq!(with.reactivation, Some(ReactivationRules { most: Decimal::from(6), vat: FeeVat::StandardEx }));
        assert!(with.has(Part::Reversals) && with.has(Part::Reactivation));
        let relation = read("[reversals]\ncount_window = \"relation\"\n").unwrap().reversals;
        assert_eq!(relation, Some(usual()));
    }

    #[test]
    fn pay_2_every_key_is_read() {
        let text = "[reversals]\nfee = \"82.50\"\nvat = \"standard_incl\"\ndecided_by = \"J\"\ndecided_on = 2026-02-03\n\
                    free_reversals = 0\ncharge_first_when_exceeded = true\ncount_window = { months = 12 }\n\
                    count_rejects = false\nfreeze_on_reversal = true\ndunning_days = 14\n\
                    [[reversals.codes]]\ncode = \"AC04\"\ncounts = true\naction = \"block_mandate\"\n\
                    [[reversals.codes]]\ncode = \"AM04\"\ncounts = false\n\
                    [reactivation]\nmost = 1.5\nvat = \"outside_scope\"\n";
        let policy = read(text).unwrap();
        let (closed, empty) = ("AC04".to_owned(), "AM04".to_owned());
        let expected = ReversalRules {
            fee: Cents(8_250),
            vat: FeeVat::StandardIncl,
            decided_by: Some("J".to_owned()),
            decided_on: NaiveDate::from_ymd_opt(2026, 2, 3),
            free_reversals: 0,
            charge_first_when_exceeded: true,
            count_window: CountWindow::Months(12),
            count_rejects: false,
            freeze_on_reversal: true,
            dunning_days: 14,
            codes: vec![
                ReversalCode { code: closed, counts: true, action: Some(Action::BlockMandate) },
                ReversalCode { code: empty, counts: false, action: None },
            ],
        };
        let rules = policy.reversals.unwrap();
        assert_eq!(rules, expected);
        assert_eq!(rules.code("AM04").map(|code| code.counts), Some(false));
        assert_eq!(rules.code("MD06"), None);
        let reactivation = ReactivationRules { most: Decimal::new(15, 1), vat: FeeVat::OutsideScope };
        assert_eq!(policy.reactivation, Some(reactivation));
    }

    #[test]
    fn pay_2_reversals_are_shipped_where_the_source_has_them() {
        for name in Policy::SHIPPED {
            let policy = Policy::parse(Policy::shipped(name).unwrap()).unwrap();
            let told = ["cliendo", "standard"].contains(name);
            assert_eq!((policy.has(Part::Reversals), policy.has(Part::Reactivation)), (told, told), "{name}");
            let Some(rules) = policy.reversals else { continue };
            let shipped = ReversalRules { fee: Cents(8_250), ..usual() };
            assert_eq!(rules, shipped, "{name}");
            assert_eq!(policy.reactivation.map(|rules| rules.most), Some(Decimal::from(6)));
        }
    }

    #[test]
    fn pay_2_a_fault_names_key_and_what_was_expected() {
        for (section, key, expected) in [
            ("[reversals]\nfee = 82.50", "reversals.fee", "in quotes"),
            ("[reversals]\nvat = \"exempt\"", "reversals.vat", "\"standard_ex\" or \"standard_incl\""),
            ("[reversals]\ndecided_by = \"J\"", "reversals.decided_by", "only beside decided_on"),
            ("[reversals]\ndecided_on = 2026-01-01", "reversals.decided_on", "only beside decided_by"),
            ("[reversals]\ncount_window = \"year\"", "reversals.count_window", "\"relation\" or { months = 12 }"),
            ("[reversals]\ncount_window = {}", "reversals.count_window.months", "months from 1"),
            ("[reversals]\ncount_window = { years = 1 }", "reversals.count_window.years", "a known key"),
            ("[reversals]\ndunning_days = 0", "reversals.dunning_days", "days from 1"),
            ("[[reversals.codes]]\ncode = \"am04\"\ncounts = true", "reversals.codes[0].code", "\"AM04\""),
            ("[[reversals.codes]]\ncode = \"AM04\"", "reversals.codes[0].counts", "true or false"),
            (
                "[[reversals.codes]]\ncode = \"AM04\"\ncounts = true\naction = \"sue\"",
                "reversals.codes[0].action",
                "\"park\"",
            ),
            ("[reactivation]\nmost = 6.5", "reactivation.most", "from 0 to 6"),
            ("[reactivation]\nmost = -1", "reactivation.most", "from 0 to 6"),
            ("[reactivation]\nmost = 0.125", "reactivation.most", "at most 2 decimals"),
        ] {
            let PolicyErrors(faults) = read(section).expect_err(section);
            assert!(faults.iter().any(|fault| fault.key == key && fault.expected.contains(expected)), "{faults:?}");
        }
        let code = "[[reversals.codes]]\ncode = \"AM04\"\ncounts = true\n";
        let PolicyErrors(faults) = read(&code.repeat(2)).unwrap_err();
        let [fault] = &faults[..] else { panic!("{faults:?}") };
        assert_eq!((fault.line, fault.key.as_str()), (10, "reversals.codes[1].code"));
    }
}
