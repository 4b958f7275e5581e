//! `[fair_use]`: how much free support is fair (FAIR-1 to FAIR-5).

use super::reader::{Reader, factor, number};
use rust_decimal::Decimal;

/// How much of what organisations use on average a customer may use itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FairUseRules {
    /// How many times the average is fair (FAIR-1): above 0, with at most [`FairUseRules::PLACES`] decimals.
    pub factor: Decimal,
    /// The months that count, up to and including today (FAIR-2).
    pub window_months: u32,
    /// From how many per cent of its allowance a customer is near it (FAIR-4).
    pub near_percent: u32,
    /// The fewest days that count as a customer's own (FAIR-3), and from how many there is a verdict (FAIR-5).
    pub grace_days: u32,
    /// With fewer active customers there is no verdict, and no customer sees the average (FAIR-5).
    pub minimum_organisations: u32,
}

impl FairUseRules {
    /// The decimals that a factor may have.
    pub const PLACES: u32 = 4;
    /// The highest factor.
    const MOST: u32 = 1_000;

    pub(super) fn read(keys: &mut Reader<'_>) -> Self {
        Self {
            factor: keys.or("factor", Decimal::from(3), factor(Self::MOST, Self::PLACES)),
            window_months: keys.or("window_months", 12, number("months", 1..=120)),
            near_percent: keys.or("near_percent", 80, number("per cent", 1..=100)),
            grace_days: keys.or("grace_days", 90, number("days", 1..=3_650)),
            minimum_organisations: keys.or("minimum_organisations", 10, number("organisations", 1..=100_000)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Policy;
    use crate::domain::policy::{Part, PolicyErrors};

    const LEAST: &str = "name = \"least\"\neffective_from = 2026-01-01\n\
                         provider = { name = \"Least\", email = \"desk@least.example\" }\n";

    const ALL: &str = "[fair_use]\nfactor = 2.5\nwindow_months = 6\nnear_percent = 75\ngrace_days = 30\n\
                       minimum_organisations = 5\n";

    fn read(section: &str) -> Result<Policy, PolicyErrors> {
        Policy::parse(&format!("{LEAST}{section}"))
    }

    #[test]
    fn fair_1_every_key_is_read() {
        let rules = read(ALL).unwrap().fair_use.unwrap();
        assert_eq!(rules.factor, Decimal::new(25, 1));
        assert_eq!((rules.window_months, rules.near_percent), (6, 75));
        assert_eq!((rules.grace_days, rules.minimum_organisations), (30, 5));
    }

    #[test]
    fn pol_3_the_defaults_are_those_of_the_rulebook_and_it_may_be_absent() {
        let rules = read("[fair_use]\n").unwrap().fair_use.unwrap();
        assert_eq!((rules.factor, rules.window_months), (Decimal::from(3), 12));
        assert_eq!((rules.near_percent, rules.grace_days, rules.minimum_organisations), (80, 90, 10));
        let without = read("").unwrap();
        assert_eq!((without.fair_use.as_ref(), without.has(Part::FairUse)), (None, false));
    }

    #[test]
    fn pol_2_fair_use_is_shipped_where_the_source_has_it() {
        for name in Policy::SHIPPED {
            let policy = Policy::parse(Policy::shipped(name).unwrap()).unwrap();
            assert_eq!(policy.has(Part::FairUse), ["cliendo", "standard"].contains(name), "{name}");
        }
    }

    #[test]
    fn pol_a_fault_names_key_and_what_was_expected() {
        for (from, to, key, expected) in [
            ("factor = 2.5", "factor = 0", "fair_use.factor", "above 0"),
            ("factor = 2.5", "factor = 2.00001", "fair_use.factor", "at most 4 decimals"),
            ("factor = 2.5", "factor = \"3\"", "fair_use.factor", "a number above 0"),
            ("window_months = 6", "window_months = 0", "fair_use.window_months", "months from 1"),
            ("near_percent = 75", "near_percent = 101", "fair_use.near_percent", "from 1 to 100"),
            ("grace_days = 30", "grace_days = -1", "fair_use.grace_days", "days from 1"),
            ("minimum_organisations = 5", "minimum = 5", "fair_use.minimum", "did you mean minimum_organisations?"),
            ("[fair_use]\n", "fair_use = true\n[cards]\nhourly_price = \"80.00\"\n[time]\n", "fair_use", "[fair_use]"),
        ] {
            assert!(ALL.contains(from), "{from}");
            let PolicyErrors(faults) = read(&ALL.replacen(from, to, 1)).expect_err(to);
            assert!(faults.iter().any(|fault| fault.key == key && fault.expected.contains(expected)), "{faults:?}");
        }
        let rule = "[[coverage]]\nby = \"fair_use\"\nsentence = \"Questions are free.\"\n";
        assert!(read(&format!("{ALL}{rule}")).is_ok());
        let PolicyErrors(faults) = read(rule).unwrap_err();
        let [fault] = &faults[..] else { panic!("{faults:?}") };
        assert_eq!(fault.key, "coverage[0].by");
        assert!(fault.expected.contains("[fair_use]"), "{fault}");
    }
}
