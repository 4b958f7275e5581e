//! Why a collection came back: the reason codes of SEPA (R-transactions), what each means, what to do, and whether it
//! counts for the reversal fee (PAY-2).
//!
//! The same codes arrive before settlement (a reject, pain.002) and after it (a return or refund, camt). Counted are
//! AM04, MS02, MS03 and MD06; faults of banks or of our own, and MD01, are not. A code that is not here is no error:
//! it waits for a person.

use super::words::words;

words! {
    /// What to do about a collection that came back.
    pub enum Action {
        /// Try once more after some days, under the same mandate.
        Retry = "retry",
        /// Do not try again: a person contacts the customer.
        Contact = "contact",
        /// The mandate or its account cannot be used: block it, and ask for a new one.
        BlockMandate = "block_mandate",
        /// Our fault or a bank's: repair it and collect again.
        Fix = "fix",
        /// Stop all collecting from this customer: a person looks.
        Stop = "stop",
        /// Wait for a person.
        Park = "park",
    }
}

/// A reason code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reason {
    /// Its four characters (ISO 20022 external code).
    pub code: &'static str,
    /// What it means, in Dutch, one phrase.
    pub nl: &'static str,
    /// What it means, in English, one phrase.
    pub en: &'static str,
    /// What to do by default.
    pub action: Action,
    /// Whether it counts for the reversal fee unless the policy says otherwise (PAY-2).
    pub counts: bool,
}

/// What a code means; none for a code that we do not know, which waits for a person ([`Action::Park`], not counted).
/// White space around it and small letters do not matter.
#[must_use]
pub fn reason(code: &str) -> Option<&'static Reason> {
    let code = code.trim();
    REASONS.iter().find(|reason| reason.code.eq_ignore_ascii_case(code))
}

/// Whether a reason is about the account that was collected from, not about the mandate or its holder.
#[must_use]
pub fn is_of_account(code: &str) -> bool {
    ["AC01", "AC04", "AC06", "AC13", "AG01", "SL01"].iter().any(|known| code.trim().eq_ignore_ascii_case(known))
}

const fn row(code: &'static str, action: Action, counts: bool, nl: &'static str, en: &'static str) -> Reason {
    Reason { code, nl, en, action, counts }
}

/// All codes that we know, in the order of the alphabet.
pub const REASONS: &[Reason] = &[
    row("AC01", Action::BlockMandate, false, "rekeningnummer onjuist", "account number incorrect"),
    row("AC04", Action::BlockMandate, false, "rekening opgeheven", "account closed"),
    row("AC06", Action::BlockMandate, false, "rekening geblokkeerd", "account blocked"),
    row(
        "AC13",
        Action::BlockMandate,
        false,
        "rekening is van een consument",
        "account of a consumer (B2B not possible)",
    ),
    row(
        "AG01",
        Action::BlockMandate,
        false,
        "incasso op deze rekening niet toegestaan",
        "collection not allowed on this account",
    ),
    row("AG02", Action::Fix, false, "transactiecode onjuist", "transaction code or sequence type incorrect"),
    row("AM04", Action::Retry, true, "saldo ontoereikend", "insufficient funds"),
    row("AM05", Action::Fix, false, "dubbel aangeboden", "presented twice"),
    row("BE05", Action::Fix, false, "incassant-ID onbekend", "creditor id not recognised"),
    row("CNOR", Action::Fix, false, "bank van de incassant niet bereikbaar", "creditor's bank not registered"),
    row("DNOR", Action::Fix, false, "bank van de betaler niet bereikbaar", "debtor's bank not registered"),
    row("FF01", Action::Fix, false, "bestandsindeling onjuist", "file format incorrect"),
    row("FF05", Action::Fix, false, "soort incasso onjuist", "local instrument (scheme) incorrect"),
    row("MD01", Action::BlockMandate, false, "geen geldige machtiging", "no valid mandate"),
    row(
        "MD02",
        Action::Fix,
        false,
        "gegevens van de machtiging ontbreken of kloppen niet",
        "mandate data missing or incorrect",
    ),
    row("MD06", Action::Contact, true, "teruggevraagd door de betaler", "refund requested by the debtor"),
    row("MD07", Action::Stop, false, "rekeninghouder overleden", "account holder deceased"),
    row("MS02", Action::Contact, true, "geweigerd door de betaler", "refused by the debtor"),
    row("MS03", Action::Retry, true, "reden niet opgegeven door de bank", "reason not given by the bank"),
    row("RC01", Action::Fix, false, "BIC onjuist", "BIC incorrect"),
    row(
        "RR01",
        Action::Park,
        false,
        "rekening of identificatie van de betaler ontbreekt",
        "debtor's account or identification missing",
    ),
    row("RR02", Action::Park, false, "naam of adres van de betaler ontbreekt", "debtor's name or address missing"),
    row("RR03", Action::Park, false, "naam of adres van de incassant ontbreekt", "creditor's name or address missing"),
    row("RR04", Action::Park, false, "reden van regelgeving", "regulatory reason"),
    row(
        "SL01",
        Action::BlockMandate,
        false,
        "geblokkeerd door een lijst of limiet van de betaler",
        "blocked by a list or limit of the debtor",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn pay_2_counts_what_the_customer_answers_for_and_nothing_else() {
        let counted: BTreeSet<_> = REASONS.iter().filter(|reason| reason.counts).map(|reason| reason.code).collect();
        assert_eq!(counted, BTreeSet::from(["AM04", "MD06", "MS02", "MS03"]));
    }

    #[test]
    fn each_code_has_its_action() {
        for (action, codes) in [
            (Action::Retry, "AM04 MS03"),
            (Action::Contact, "MD06 MS02"),
            (Action::BlockMandate, "AC01 AC04 AC06 AC13 AG01 MD01 SL01"),
            (Action::Fix, "AG02 AM05 BE05 CNOR DNOR FF01 FF05 MD02 RC01"),
            (Action::Stop, "MD07"),
            (Action::Park, "RR01 RR02 RR03 RR04"),
        ] {
            let found: Vec<_> = REASONS.iter().filter(|reason| reason.action == action).map(|r| r.code).collect();
            assert_eq!(found.join(" "), codes, "{action}");
        }
    }

    #[test]
    fn what_blocks_is_about_the_account_or_about_the_mandate() {
        let blocks = REASONS.iter().filter(|reason| reason.action == Action::BlockMandate).map(|reason| reason.code);
        let of_mandate: Vec<_> = blocks.filter(|code| !is_of_account(code)).collect();
        assert_eq!(of_mandate, ["MD01"]);
        assert!(is_of_account(" ac04 ") && !is_of_account("AM04"));
    }

    #[test]
    fn the_table_is_sorted_unique_and_explained_in_both_languages() {
        assert!(REASONS.windows(2).all(|pair| pair[0].code < pair[1].code));
        for reason in REASONS {
            assert!(reason.code.len() == 4 && !reason.nl.is_empty() && !reason.en.is_empty(), "{}", reason.code);
        }
    }

    #[test]
    fn an_unknown_code_is_no_error_and_case_does_not_matter() {
        for code in ["", "XX99", "AM0", "AM044", "é"] {
            assert_eq!(reason(code), None, "{code}");
        }
        assert_eq!(reason(" am04 ").map(|reason| reason.code), Some("AM04"));
    }
}
