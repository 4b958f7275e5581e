//! What a visitor of the demo reads first: which provider plays, who can log in, and what to look at.

use super::{ADMIN, AGENT, CUSTOMER, FINANCE};
use crate::cli::print;
use crate::domain::Policy;
use crate::domain::policy::Part;

/// Says it, for the parts that the policy has.
pub(super) fn say(url: &str, policy: &Policy, password: &str) -> std::io::Result<()> {
    print::line(format_args!("Strippenkaart demo at {url}   (Ctrl-C ends it; nothing of it stays)\n"))?;
    print::line(format_args!("The provider is {}, under the policy `{}`.\n", policy.provider.name, policy.name))?;
    let logins = [
        ("customer", CUSTOMER, "Marijke de Boer of De Regenboog, also contact of Zonnehoek"),
        ("agent", AGENT, "Anouk Hermans, logs time"),
        ("finance", FINANCE, "Femke Rademaker, sees to invoices"),
        ("admin", ADMIN, "Rens Albers, may do everything"),
    ];
    for (role, email, who) in logins {
        print::line(format_args!("  {role:<9} {email:<24} password {password}   {who}"))?;
    }
    print::line("\nTry this:")?;
    tips(policy).iter().try_for_each(|(role, tip)| print::line(format_args!("  as {role:<10} {tip}")))
}

/// What to try, and as whom.
fn tips(policy: &Policy) -> Vec<(&'static str, &'static str)> {
    let mut tips = vec![("customer", "report something, and read who pays for it and why")];
    if policy.has(Part::Cards) {
        tips.extend([
            ("customer", "an estimate waits for your answer: accept it, and see the strips that it sets apart"),
            ("agent", "log 50 minutes on that ticket, and see what is charged"),
            ("customer", "see what was charged, when, by whom and why"),
            ("finance", "mark an open invoice as paid, and see its card become active"),
        ]);
    }
    tips.extend([
        ("finance", "the bank told of payments that nobody recognises: say at /finance/bank whose they are"),
        ("finance", "issue the drafts that wait, see who is late, and look at a month before you close it"),
        ("customer", "look at an invoice, and take it along as PDF"),
    ]);
    if policy.has(Part::Reversals) {
        tips.push(("finance", "a direct debit was reversed for a reason that no list knows: judge it"));
    }
    if policy.has(Part::Priorities) {
        tips.push((
            "customer",
            "see on a ticket until when an answer may take; one is late, and the reason stands there",
        ));
        tips.push(("agent", "the desk begins with what is due first"));
    }
    if policy.priorities.iter().any(|priority| priority.binding) {
        tips.push(("customer", "one ticket is late: the reason stands there, and what is expected now"));
    }
    if policy.has(Part::FairUse) {
        tips.push(("customer", "see at Zonnehoek how near it is to its fair use, month by month"));
        tips.push(("agent", "see in the list who asks more than is fair, and what was said about it"));
    }
    if policy.has(Part::Urgency) {
        tips.push((
            "customer",
            "ask for urgency: the free one of this year is used, and an offer says what more costs",
        ));
    }
    if policy.has(Part::Availability) {
        tips.push(("customer", "see the availability of each month; one of them missed what was promised"));
    }
    tips
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pol_3_the_welcome_speaks_only_of_what_the_provider_has() {
        for name in Policy::SHIPPED {
            let policy = Policy::parse(Policy::shipped(name).expect("shipped")).expect("sound");
            let said = tips(&policy).iter().map(|(_, tip)| *tip).collect::<Vec<_>>().join("\n");
            for (part, word) in [
                (Part::Cards, "strips"),
                (Part::Reversals, "reversed"),
                (Part::Priorities, "what is due"),
                (Part::FairUse, "fair"),
                (Part::Urgency, "urgency"),
                (Part::Availability, "availability"),
            ] {
                assert_eq!(said.contains(word), policy.has(part), "{name}: {word} in {said}");
            }
        }
    }
}
