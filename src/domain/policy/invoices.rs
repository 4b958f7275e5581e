//! `[invoices]`: how documents are numbered, taxed and chased (PAY-1, PAY-6).

use super::reader::{Kind, Reader, matching, number, per_cent};
use crate::domain::iban::is_code;
use chrono::{Days, NaiveDate};
use rust_decimal::Decimal;

/// What holds for issued documents. Every provider may have to issue one, so there is no policy without these rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvoiceRules {
    /// VAT on hours and fees, in per cent: 0 to 100 (PAY-6). Cards have their own, [`CardRules::vat_rate`].
    ///
    /// [`CardRules::vat_rate`]: super::CardRules::vat_rate
    pub vat_rate: Decimal,
    /// The term of documents other than those for cards, in days.
    pub payment_days: u32,
    /// What the numbers of each series begin with (PAY-1).
    pub series: Series,
    /// How many digits a number has at least, after the year: 4 to 8 (PAY-1).
    pub digits: u32,
    /// How many days after the due date a reminder goes out, each of them later than the one before.
    pub reminder_days: Vec<u32>,
}

/// What the numbers of each series begin with: at most four capitals and digits, all different (PAY-1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Series {
    /// Invoices; nothing where not told.
    pub invoice: String,
    /// Credit notes; `C` where not told.
    pub credit_note: String,
    /// Documents for a fee outside VAT, which cannot share one with what is taxed; `F` where not told.
    pub fee: String,
}

impl InvoiceRules {
    /// The first day for the next reminder, after `sent` earlier ones of which the last went out on `last`. The first may go
    /// out as soon as the invoice is overdue; each later one by its own day, and never sooner after the one before than the
    /// days between the two.
    #[must_use]
    pub fn next_reminder(&self, due_on: NaiveDate, sent: i64, last: Option<NaiveDate>) -> NaiveDate {
        let after = |day: NaiveDate, days: u32| day.checked_add_days(Days::new(u64::from(days))).unwrap_or(day);
        let Some(last) = last.filter(|_| sent > 0) else { return after(due_on, 1) };
        let sent = usize::try_from(sent).unwrap_or(usize::MAX);
        let own = self.reminder_days.get(sent).map_or(due_on, |days| after(due_on, *days));
        own.max(after(last, self.reminder_gap(sent)))
    }

    /// How many days lie between the reminder after `sent` earlier ones and the one before it, at least.
    #[must_use]
    pub fn reminder_gap(&self, sent: usize) -> u32 {
        let days = &self.reminder_days;
        let at = sent.min(days.len().saturating_sub(1));
        match (at.checked_sub(1).and_then(|before| days.get(before)), days.get(at)) {
            (Some(before), Some(own)) => own - before,
            (None, Some(first)) => *first,
            (_, None) => Self::REMINDER_GAP,
        }
    }

    /// The days between reminders where the policy has no days for them.
    const REMINDER_GAP: u32 = 7;

    pub(super) fn read(keys: &mut Reader<'_>) -> Self {
        let series = keys.table("series", Series::read);
        if let Some((one, other)) = series.alike() {
            keys.fault("series", format!("prefixes that differ; {one} and {other} have the same"));
        }
        let reminder_days = keys.list("reminder_days", vec![7, 21], &number("days", 1..=365));
        if reminder_days.windows(2).any(|days| days[0] >= days[1]) {
            keys.fault("reminder_days", "each number of days larger than the one before");
        }
        Self {
            vat_rate: keys.or("vat_rate", Decimal::from(21), per_cent()),
            payment_days: keys.or("payment_days", 14, number("days", 0..=365)),
            series,
            digits: keys.or("digits", 4, number("digits", 4..=8)),
            reminder_days,
        }
    }
}

impl Series {
    fn read(keys: &mut Reader<'_>) -> Self {
        Self {
            invoice: keys.or("invoice", String::new(), prefix()),
            credit_note: keys.or("credit_note", "C".to_owned(), prefix()),
            fee: keys.or("fee", "F".to_owned(), prefix()),
        }
    }

    /// The first two series that nobody could tell apart.
    fn alike(&self) -> Option<(&'static str, &'static str)> {
        let all = [("invoice", &self.invoice), ("credit_note", &self.credit_note), ("fee", &self.fee)];
        let pairs = [(all[0], all[1]), (all[0], all[2]), (all[1], all[2])];
        pairs.into_iter().find(|(one, other)| one.1 == other.1).map(|(one, other)| (one.0, other.0))
    }
}

fn prefix() -> Kind<String> {
    matching("at most 4 capitals and digits in quotes, such as \"C\"", |text| text.len() <= 4 && is_code(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::policy::{Policy, PolicyErrors};

    fn read(section: &str) -> Result<InvoiceRules, PolicyErrors> {
        let head = "name = \"t\"\neffective_from = 2026-01-01\n[provider]\nname = \"T\"\nemail = \"t@t.example\"\n";
        Policy::parse(&format!("{head}{section}")).map(|policy| policy.invoices)
    }

    #[test]
    fn pay_1_documents_have_rules_without_a_section() {
        let texts = ["", "C", "F"].map(str::to_owned);
        let [invoice, credit_note, fee] = texts;
        let expected = InvoiceRules {
            vat_rate: Decimal::from(21),
            payment_days: 14,
            series: Series { invoice, credit_note, fee },
            digits: 4,
            reminder_days: vec![7, 21],
        };
        assert_eq!(read("").unwrap(), expected);
        assert_eq!(read("[invoices]\n").unwrap(), expected);
        assert_eq!(read("[invoices]\nreminder_days = []\n").unwrap().reminder_days, [0; 0]);
    }

    #[test]
    fn pay_4_a_reminder_goes_out_by_its_own_day_and_the_days_between() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let due = day("2026-03-01");
        for (days, sent, last, expected) in [
            ("[7, 21]", 0, None, "2026-03-02"),
            ("[7, 21]", 1, Some("2026-03-02"), "2026-03-22"), // its own day, however early the first was
            ("[7, 21]", 1, Some("2026-03-08"), "2026-03-22"),
            ("[7, 21]", 1, Some("2026-03-20"), "2026-04-03"), // two weeks after a late first one
            ("[7, 21]", 2, Some("2026-03-22"), "2026-04-05"), // after the last round at its pace
            ("[7]", 1, Some("2026-03-08"), "2026-03-15"),
            ("[]", 1, Some("2026-03-08"), "2026-03-15"),
            ("[7, 21, 35]", 2, Some("2026-03-22"), "2026-04-05"),
        ] {
            let rules = read(&format!("[invoices]\nreminder_days = {days}\n")).unwrap();
            assert_eq!(rules.next_reminder(due, sent, last.map(day)), day(expected), "{days} {sent} {last:?}");
        }
    }

    #[test]
    fn pay_1_series_differ_also_from_what_was_not_told() {
        for (series, expected) in [
            ("{ invoice = \"C\" }", "invoice and credit_note"),
            ("{ fee = \"\" }", "invoice and fee"),
            ("{ invoice = \"A\", credit_note = \"B\", fee = \"B\" }", "credit_note and fee"),
        ] {
            let PolicyErrors(faults) = read(&format!("[invoices]\nseries = {series}\n")).expect_err(series);
            let [fault] = &faults[..] else { panic!("{faults:?}") };
            assert_eq!((fault.line, fault.key.as_str()), (7, "invoices.series"));
            assert!(fault.expected.contains(expected), "{fault}");
        }
        assert!(read("[invoices]\nseries = { invoice = \"2A\", credit_note = \"\" }\n").is_ok());
    }
}
