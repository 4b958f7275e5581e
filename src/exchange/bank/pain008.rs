//! Files of collections (pain.008) for the bank: SEPA direct debits, CORE and B2B, version .08 or .02.
//!
//! One payment group per day, scheme and sequence, in that order; within a group the orders as given. Number and sum
//! stand on the message and on each group. No postal addresses: they are optional within the EEA, and unstructured ones
//! are refused since 15 November 2026 (EPC153-22). Names and texts are brought into SEPA's character set; identifiers
//! are never changed, as they come back from the bank: a wrong one is a fault.
//!
//! The same file gives the same bytes.

use super::markup::Markup;
use crate::domain::iban::{is_bic, is_creditor_id, is_iban, is_sepa_iban};
use crate::domain::{
    Cents,
    bank::{CollectionFile, CollectionOrder, PainVersion, Scheme, Sequence},
    sepa_text::{self, is_allowed, transliterate},
};
use chrono::NaiveDate;
use std::collections::{BTreeMap, BTreeSet};

/// The largest amount of one collection: 999,999,999.99 (EPC).
const MAX_ORDER: Cents = Cents(99_999_999_999);
/// The most characters of an identifier.
const MAX_ID: usize = 35;
/// The most characters of a name that the scheme passes on (EPC).
const MAX_NAME: usize = 70;
/// The most characters of the text.
const MAX_TEXT: usize = 140;

/// Why a file of collections was not written, for a person.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{reason}", order.as_ref().map(|order| format!("collection {order}: ")).unwrap_or_default())]
pub struct CollectionFault {
    /// The end-to-end id of the order; none when it is about the whole file.
    pub order: Option<String>,
    /// What was wrong and what to do.
    pub reason: String,
}

/// Orders of one day, scheme and sequence: a `PmtInf`. The bank names a group by its id when it rejects or books one as
/// a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CollectionGroup<'a> {
    /// Its id (`PmtInfId`): that of the message and a number from 1, at most 35 characters.
    pub id: String,
    /// On which day.
    pub collect_on: NaiveDate,
    /// Under which scheme.
    pub scheme: Scheme,
    /// First, later, last or only.
    pub sequence: Sequence,
    /// Its orders, as given.
    pub orders: Vec<&'a CollectionOrder>,
}

impl CollectionGroup<'_> {
    /// The sum of its orders.
    #[must_use]
    pub fn sum(&self) -> Cents {
        self.orders.iter().map(|order| order.amount).sum()
    }
}

/// The groups that a file is written in, by day, scheme and sequence. Of a long message id the end is kept, where its
/// number is.
#[must_use]
pub fn groups(file: &CollectionFile) -> Vec<CollectionGroup<'_>> {
    let mut groups: BTreeMap<_, Vec<&CollectionOrder>> = BTreeMap::new();
    for order in &file.orders {
        groups.entry((order.collect_on, order.scheme, order.sequence)).or_default().push(order);
    }
    let numbered = (1_usize..).zip(groups);
    numbered
        .map(|(number, ((collect_on, scheme, sequence), orders))| {
            let number = format!("-{number}");
            let length = file.message_id.chars().count();
            let start: String = file.message_id.chars().skip((length + number.len()).saturating_sub(MAX_ID)).collect();
            let id = format!("{}{number}", start.trim_start_matches(['/', ' ']));
            CollectionGroup { id, collect_on, scheme, sequence, orders }
        })
        .collect()
}

/// Writes the file.
///
/// # Errors
/// When the bank would refuse it: no orders; an account, creditor id or BIC that is wrong; an identifier that is empty,
/// too long, used twice, or outside SEPA's character set; an amount that is not above zero; a name that is empty; a text
/// that is too long; a mandate signed after the day of the collection.
pub fn write(file: &CollectionFile) -> Result<String, CollectionFault> {
    check_file(file)?;
    let mut seen = BTreeSet::new();
    for order in &file.orders {
        let fault = |reason: String| CollectionFault { order: Some(order.end_to_end_id.clone()), reason };
        check_order(order).map_err(fault)?;
        if !seen.insert(&order.end_to_end_id) {
            return Err(fault("the end-to-end id is used twice in this file; each attempt needs its own".to_owned()));
        }
    }
    let groups = groups(file);
    let total = groups.iter().map(CollectionGroup::sum).sum();
    Ok(Markup::document(file.version.as_str(), "CstmrDrctDbtInitn", |xml| {
        xml.within("GrpHdr", |xml| {
            xml.leaf("MsgId", &file.message_id);
            xml.leaf("CreDtTm", &file.created_at.format("%Y-%m-%dT%H:%M:%SZ").to_string());
            totals(xml, file.orders.len(), total);
            xml.leaf("InitgPty/Nm", &name(&file.creditor_name));
        });
        for group in &groups {
            xml.within("PmtInf", |xml| write_group(xml, file, group));
        }
    }))
}

fn check_file(file: &CollectionFile) -> Result<(), CollectionFault> {
    let fault = |reason: String| Err(CollectionFault { order: None, reason });
    if file.orders.is_empty() {
        return fault("there is nothing to collect; add at least one collection".to_owned());
    }
    if let Err(why) = identifier(&file.message_id) {
        return fault(format!("the message id {why}"));
    }
    if sepa_text::name(&file.creditor_name).is_none() {
        return fault("our name (provider.name) has no letters that a bank can read; fill it in".to_owned());
    }
    if !is_iban(&file.creditor_iban) {
        return fault(format!("our account `{}` is not an IBAN; correct it in the settings", file.creditor_iban));
    }
    if !is_creditor_id(&file.creditor_id) {
        let id = &file.creditor_id;
        return fault(format!("our creditor id `{id}` is wrong (its check digits fail); correct it in the settings"));
    }
    match &file.creditor_bic {
        Some(bic) if !is_bic(bic) => fault(format!("the BIC of our bank `{bic}` is wrong; correct it or leave it out")),
        _ => Ok(()),
    }
}

fn check_order(order: &CollectionOrder) -> Result<(), String> {
    identifier(&order.end_to_end_id).map_err(|why| format!("the end-to-end id {why}"))?;
    identifier(&order.mandate).map_err(|why| format!("the mandate's reference {why}"))?;
    if order.amount <= Cents::ZERO || order.amount > MAX_ORDER {
        return Err(format!("the amount is {}; only 0.01 to {MAX_ORDER} can be collected", order.amount));
    }
    if !is_sepa_iban(&order.debtor_iban) {
        let iban = &order.debtor_iban;
        return Err(format!(
            "the account `{iban}` is not an IBAN of the SEPA area; ask the customer for the right one"
        ));
    }
    if sepa_text::name(&order.debtor_name).is_none() {
        return Err(format!(
            "the account holder's name `{}` has no letters that a bank can read; correct it at the mandate",
            order.debtor_name
        ));
    }
    if order.signed_on > order.collect_on {
        return Err(format!(
            "the mandate is signed on {}, after {}; choose a later day",
            order.signed_on, order.collect_on
        ));
    }
    let length = transliterate(&order.text).chars().count();
    if length > MAX_TEXT {
        return Err(format!("the text has {length} characters; shorten it to {MAX_TEXT}"));
    }
    Ok(())
}

/// The rules of SEPA for an identifier; what is wrong, as the end of a sentence.
fn identifier(id: &str) -> Result<(), String> {
    let wrong = |why: &str| Err(format!("`{id}` {why}"));
    if id.trim().is_empty() || id.trim() != id || id.contains("  ") {
        wrong("is empty or has spaces too many; give it one without")
    } else if id.chars().count() > MAX_ID {
        wrong("has more than 35 characters; shorten it")
    } else if !id.chars().all(is_allowed) {
        wrong("has a character outside of SEPA's set; use letters, digits and / - ? : ( ) . , ' +")
    } else if id.starts_with('/') || id.ends_with('/') || id.contains("//") {
        wrong("begins or ends with a slash or has two in a row; remove them")
    } else {
        Ok(())
    }
}

/// A name in SEPA's set, cut to what the scheme passes on.
fn name(text: &str) -> String {
    transliterate(text).chars().take(MAX_NAME).collect::<String>().trim_end().to_owned()
}

fn totals(xml: &mut Markup, count: usize, sum: Cents) {
    xml.leaf("NbOfTxs", &count.to_string());
    xml.leaf("CtrlSum", &sum.to_string());
}

fn write_group(xml: &mut Markup, file: &CollectionFile, group: &CollectionGroup<'_>) {
    xml.leaf("PmtInfId", &group.id);
    xml.leaf("PmtMtd", "DD");
    xml.leaf("BtchBookg", "true");
    totals(xml, group.orders.len(), group.sum());
    xml.within("PmtTpInf", |xml| {
        xml.leaf("SvcLvl/Cd", "SEPA");
        let scheme = match group.scheme {
            Scheme::Core => "CORE",
            Scheme::B2b => "B2B",
        };
        xml.leaf("LclInstrm/Cd", scheme);
        let sequence = match group.sequence {
            Sequence::First => "FRST",
            Sequence::Recurring => "RCUR",
            Sequence::Final => "FNAL",
            Sequence::OneOff => "OOFF",
        };
        xml.leaf("SeqTp", sequence);
    });
    xml.leaf("ReqdColltnDt", &group.collect_on.to_string());
    xml.leaf("Cdtr/Nm", &name(&file.creditor_name));
    xml.leaf("CdtrAcct/Id/IBAN", &file.creditor_iban);
    match (&file.creditor_bic, file.version) {
        (Some(bic), PainVersion::V08) => xml.leaf("CdtrAgt/FinInstnId/BICFI", bic),
        (Some(bic), PainVersion::V02) => xml.leaf("CdtrAgt/FinInstnId/BIC", bic),
        (None, _) => xml.leaf("CdtrAgt/FinInstnId/Othr/Id", "NOTPROVIDED"),
    }
    xml.leaf("ChrgBr", "SLEV");
    xml.within("CdtrSchmeId", |xml| {
        xml.within("Id", |xml| {
            xml.within("PrvtId", |xml| {
                xml.within("Othr", |xml| {
                    xml.leaf("Id", &file.creditor_id);
                    xml.leaf("SchmeNm/Prtry", "SEPA");
                });
            });
        });
    });
    for order in &group.orders {
        xml.within("DrctDbtTxInf", |xml| write_order(xml, order));
    }
}

fn write_order(xml: &mut Markup, order: &CollectionOrder) {
    xml.leaf("PmtId/EndToEndId", &order.end_to_end_id);
    xml.money("InstdAmt", "EUR", order.amount);
    xml.within("DrctDbtTx", |xml| {
        xml.within("MndtRltdInf", |xml| {
            xml.leaf("MndtId", &order.mandate);
            xml.leaf("DtOfSgntr", &order.signed_on.to_string());
            if order.amended {
                // Same mandate, new debtor account; since 2016 that also says that it is at another bank (EPC130-08, AT-24).
                xml.leaf("AmdmntInd", "true");
                xml.leaf("AmdmntInfDtls/OrgnlDbtrAcct/Id/Othr/Id", "SMNDA");
            }
        });
    });
    xml.leaf("DbtrAgt/FinInstnId/Othr/Id", "NOTPROVIDED");
    xml.leaf("Dbtr/Nm", &name(&order.debtor_name));
    xml.leaf("DbtrAcct/Id/IBAN", &order.debtor_iban);
    let text = transliterate(&order.text);
    xml.maybe("RmtInf/Ustrd", Some(text.as_str()).filter(|text| !text.is_empty()));
}
