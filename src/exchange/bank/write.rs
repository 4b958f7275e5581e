//! The other way: domain values to the file that a bank would have sent. For demonstrations and tests, where real files
//! of a bank cannot be; made to be valid against the schemas of camt.053 and camt.054 .02, .04 and .08 and of pain.002
//! .03 and .10. What is read back equals what was written, but for line numbers.
//!
//! That holds for values as [`read`](super::read) gives them: text without needless spaces, amounts that are not
//! negative, a currency where there is a balance, charges that make up the entry together with the details. Lengths are
//! not cut: an id of more than 35 characters gives a file that a strict reader refuses.

use super::markup::Markup;
use crate::domain::{
    Cents,
    bank::{BankDetail, BankEntry, BankFile, BankFileKind, BankStatement, CollectionReport, Direction},
};
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};

/// Writes a file, made at the first moment of the last day that it tells (of 1970 where it tells none).
#[must_use]
pub fn write(file: &BankFile) -> String {
    let days = file.statements.iter().flat_map(|statement| {
        let entries = statement.entries.iter().map(|entry| entry.booked_on);
        entries.chain(statement.closing.map(|(on, _)| on))
    });
    let at = days.max().map(|day| day.and_time(NaiveTime::MIN).and_utc()).unwrap_or_default();
    write_at(file, at)
}

/// Writes a file that was made at a moment.
#[must_use]
pub fn write_at(file: &BankFile, created_at: DateTime<Utc>) -> String {
    let created_at = created_at.format("%Y-%m-%dT%H:%M:%SZ").to_string();
    let message = match file.kind {
        BankFileKind::Camt052 => "BkToCstmrAcctRpt",
        BankFileKind::Camt053 => "BkToCstmrStmt",
        BankFileKind::Camt054 => "BkToCstmrDbtCdtNtfctn",
        BankFileKind::Pain002 => "CstmrPmtStsRpt",
    };
    Markup::document(&file.version, message, |xml| {
        xml.within("GrpHdr", |xml| {
            xml.leaf("MsgId", &file.message_id);
            xml.leaf("CreDtTm", &created_at);
        });
        match file.kind {
            BankFileKind::Pain002 => write_reports(xml, file),
            BankFileKind::Camt052 => write_statements(xml, "Rpt", file, &created_at),
            BankFileKind::Camt053 => write_statements(xml, "Stmt", file, &created_at),
            BankFileKind::Camt054 => write_statements(xml, "Ntfctn", file, &created_at),
        }
    })
}

/// The number of a version of camt, by which its shape is known.
#[derive(Clone, Copy)]
struct Shape(u8);

impl Shape {
    fn of(version: &str) -> Self {
        Self(version.rsplit('.').next().and_then(|number| number.parse().ok()).unwrap_or(2))
    }

    /// `TxDtls` has `Amt` and `CdtDbtInd` of its own, and charges have records.
    const fn amounts(self) -> bool {
        self.0 >= 3
    }

    /// `ChrgInclInd` tells whether a charge lies within the amount. Before, it does.
    const fn inclusion(self) -> bool {
        self.0 >= 4
    }

    /// `Sts` has a `Cd`, parties have a `Pty`.
    const fn choices(self) -> bool {
        self.0 >= 7
    }

    /// Payments have a `UETR`.
    const fn uetr(self) -> bool {
        self.0 >= 8
    }
}

fn write_statements(xml: &mut Markup, name: &str, file: &BankFile, created_at: &str) {
    for statement in &file.statements {
        xml.within(name, |xml| write_statement(xml, file, statement, created_at));
    }
}

fn write_statement(xml: &mut Markup, file: &BankFile, statement: &BankStatement, created_at: &str) {
    xml.leaf("Id", &statement.id);
    xml.leaf("CreDtTm", created_at);
    xml.within("Acct", |xml| {
        write_account(xml, "Id", &statement.account);
        xml.maybe("Ccy", statement.currency.as_deref());
    });
    if file.kind != BankFileKind::Camt054 {
        let currency = statement.currency.as_deref().unwrap_or("EUR");
        for (code, balance) in [("OPBD", statement.opening), ("CLBD", statement.closing)] {
            if let Some((on, amount)) = balance {
                xml.within("Bal", |xml| write_balance(xml, code, on, amount, currency));
            }
        }
    }
    for entry in &statement.entries {
        xml.within("Ntry", |xml| write_entry(xml, Shape::of(&file.version), entry));
    }
}

/// An account: as an IBAN where it has the shape of one, right or wrong.
fn write_account(xml: &mut Markup, path: &str, account: &str) {
    let bytes = account.as_bytes();
    let iban = (5..=34).contains(&bytes.len())
        && bytes.iter().all(u8::is_ascii_alphanumeric)
        && bytes.iter().take(2).all(u8::is_ascii_uppercase)
        && bytes.iter().skip(2).take(2).all(u8::is_ascii_digit);
    xml.leaf(&format!("{path}/{}", if iban { "IBAN" } else { "Othr/Id" }), account);
}

fn write_balance(xml: &mut Markup, code: &str, on: NaiveDate, amount: Cents, currency: &str) {
    xml.leaf("Tp/CdOrPrtry/Cd", code);
    let (amount, indicator) = if amount < Cents::ZERO { (Cents::ZERO - amount, "DBIT") } else { (amount, "CRDT") };
    xml.money("Amt", currency, amount);
    xml.leaf("CdtDbtInd", indicator);
    xml.leaf("Dt/Dt", &on.to_string());
}

fn indicator(direction: Direction) -> &'static str {
    match direction {
        Direction::Credit => "CRDT",
        Direction::Debit => "DBIT",
    }
}

fn write_entry(xml: &mut Markup, shape: Shape, entry: &BankEntry) {
    xml.maybe("NtryRef", entry.entry_reference.as_deref());
    xml.money("Amt", &entry.currency, entry.amount);
    xml.leaf("CdtDbtInd", indicator(entry.direction));
    if entry.reversal {
        xml.leaf("RvslInd", "true");
    }
    xml.leaf(if shape.choices() { "Sts/Cd" } else { "Sts" }, if entry.booked { "BOOK" } else { "PDNG" });
    xml.leaf("BookgDt/Dt", &entry.booked_on.to_string());
    xml.leaf("ValDt/Dt", &entry.valued_on.to_string());
    // What `reference` alone tells is the bank's own.
    let bare = entry.servicer_reference.is_none() && entry.entry_reference.is_none();
    xml.maybe("AcctSvcrRef", entry.servicer_reference.as_deref().or(entry.reference.as_deref().filter(|_| bare)));
    xml.within("BkTxCd", |xml| write_code(xml, entry.code.as_deref()));
    // One detail that says no more than the entry is what a reader makes of no details.
    let whole = BankDetail { amount: entry.amount, ..BankDetail::default() };
    let details = match entry.details.as_slice() {
        [only] if (BankDetail { line: 0, ..only.clone() }) == whole => &[],
        details => details,
    };
    let batch = entry.batch.is_some() || entry.batch_message.is_some();
    if batch || !details.is_empty() {
        xml.within("NtryDtls", |xml| {
            if batch {
                xml.within("Btch", |xml| {
                    xml.maybe("MsgId", entry.batch_message.as_deref());
                    xml.maybe("PmtInfId", entry.batch.as_deref());
                    xml.leaf("NbOfTxs", &details.len().max(1).to_string());
                });
            }
            for detail in details {
                xml.within("TxDtls", |xml| write_detail(xml, shape, entry, detail));
            }
        });
    }
    xml.maybe("AddtlNtryInf", entry.text.as_deref());
}

fn write_code(xml: &mut Markup, code: Option<&str>) {
    let Some(code) = code else { return };
    let parts: Vec<&str> = code.split('/').collect();
    match parts.as_slice() {
        [domain, family, sub] if parts.iter().all(|part| (1..=4).contains(&part.chars().count())) => {
            xml.within("Domn", |xml| {
                xml.leaf("Cd", domain);
                xml.within("Fmly", |xml| {
                    xml.leaf("Cd", family);
                    xml.leaf("SubFmlyCd", sub);
                });
            });
        }
        _ => xml.leaf("Prtry/Cd", code),
    }
}

fn write_detail(xml: &mut Markup, shape: Shape, entry: &BankEntry, detail: &BankDetail) {
    write_references(xml, shape, detail);
    // Of a credit came in what the charge left of it; of a debit the amount is without the charge.
    let direction = if detail.opposite { entry.direction.opposite() } else { entry.direction };
    let moved = match direction {
        Direction::Credit => detail.amount - detail.charge,
        Direction::Debit => detail.amount,
    };
    if shape.amounts() {
        xml.money("Amt", &entry.currency, moved);
        xml.leaf("CdtDbtInd", indicator(direction));
    }
    xml.within("AmtDtls", |xml| {
        xml.money("InstdAmt/Amt", &entry.currency, detail.amount);
        xml.money("TxAmt/Amt", &entry.currency, moved);
    });
    if detail.code.is_some() {
        xml.within("BkTxCd", |xml| write_code(xml, detail.code.as_deref()));
    }
    if detail.charge != Cents::ZERO {
        xml.within("Chrgs", |xml| write_charge(xml, shape, (entry, direction), detail.charge));
    }
    if [&detail.name, &detail.iban, &detail.ultimate_name].into_iter().any(Option::is_some) {
        let debtor = direction == Direction::Credit || detail.return_reason.is_some();
        let role = if debtor { "Dbtr" } else { "Cdtr" };
        xml.within("RltdPties", |xml| {
            let path = format!("{role}/{}", if shape.choices() { "Pty/Nm" } else { "Nm" });
            xml.maybe(&path, detail.name.as_deref());
            if let Some(account) = &detail.iban {
                write_account(xml, &format!("{role}Acct/Id"), account);
            }
            let path = format!("Ultmt{role}/{}", if shape.choices() { "Pty/Nm" } else { "Nm" });
            xml.maybe(&path, detail.ultimate_name.as_deref());
        });
    }
    if detail.text.is_some() || detail.structured.is_some() {
        xml.within("RmtInf", |xml| {
            xml.lines("Ustrd", detail.text.as_deref().unwrap_or_default(), 140);
            let only = detail.structured.iter().filter(|_| detail.references.is_empty());
            for reference in only {
                write_reference(xml, reference, Some("SCOR"), None);
            }
            for told in &detail.references {
                write_reference(xml, &told.reference, told.kind.as_deref(), told.issuer.as_deref());
            }
        });
    }
    xml.maybe(reason_path("RtrInf/Rsn", detail.return_reason.as_deref()), detail.return_reason.as_deref());
}

/// The ids of a detail, in the order of the format. What `reference` alone tells is the bank's own.
fn write_references(xml: &mut Markup, shape: Shape, detail: &BankDetail) {
    let bare = detail.servicer_reference.is_none() && detail.transaction_id.is_none();
    let servicer = detail.servicer_reference.as_deref().or(detail.reference.as_deref().filter(|_| bare));
    let ids = [
        ("AcctSvcrRef", servicer),
        ("InstrId", detail.instruction_id.as_deref()),
        ("EndToEndId", detail.end_to_end_id.as_deref()),
        ("UETR", detail.uetr.as_deref().filter(|_| shape.uetr())),
        ("TxId", detail.transaction_id.as_deref()),
        ("MndtId", detail.mandate.as_deref()),
    ];
    if ids.iter().any(|(_, id)| id.is_some()) {
        xml.within("Refs", |xml| ids.iter().for_each(|(name, id)| xml.maybe(name, *id)));
    }
}

fn write_reference(xml: &mut Markup, reference: &str, kind: Option<&str>, issuer: Option<&str>) {
    xml.within("Strd", |xml| {
        xml.within("CdtrRefInf", |xml| {
            if let Some(kind) = kind {
                xml.within("Tp", |xml| {
                    xml.leaf(if kind.chars().count() > 4 { "CdOrPrtry/Prtry" } else { "CdOrPrtry/Cd" }, kind);
                    xml.maybe("Issr", issuer);
                });
            }
            xml.leaf("Ref", reference);
        });
    });
}

/// Where a reason belongs: a code has up to four characters, what is longer is the bank's own.
fn reason_path(path: &str, reason: Option<&str>) -> &'static str {
    match (path, reason.is_some_and(|reason| reason.chars().count() > 4)) {
        ("RtrInf/Rsn", false) => "RtrInf/Rsn/Cd",
        ("RtrInf/Rsn", true) => "RtrInf/Rsn/Prtry",
        (_, false) => "Rsn/Cd",
        (_, true) => "Rsn/Prtry",
    }
}

fn write_charge(xml: &mut Markup, shape: Shape, (entry, direction): (&BankEntry, Direction), charge: Cents) {
    let (charge, indicator) = if charge < Cents::ZERO { (Cents::ZERO - charge, "CRDT") } else { (charge, "DBIT") };
    // What was kept back of a credit is ours to bear.
    let bearer = match direction {
        Direction::Credit => Some("CRED"),
        Direction::Debit => None,
    };
    let content = |xml: &mut Markup| {
        xml.money("Amt", &entry.currency, charge);
        xml.leaf("CdtDbtInd", indicator);
        if shape.inclusion() {
            xml.leaf("ChrgInclInd", "true");
        }
        xml.maybe("Br", bearer);
    };
    if shape.amounts() { xml.within("Rcrd", content) } else { content(xml) }
}

/// Reports about one message: that of the first report, as a file is about one.
fn write_reports(xml: &mut Markup, file: &BankFile) {
    let (about_message, rest): (Vec<_>, Vec<_>) =
        file.reports.iter().partition(|report| report.batch.is_none() && report.end_to_end_id.is_none());
    xml.within("OrgnlGrpInfAndSts", |xml| {
        let message = file.reports.first().map_or("NOTPROVIDED", |report| report.message_id.as_str());
        xml.leaf("OrgnlMsgId", message);
        let old = file.version == "pain.002.001.03";
        xml.leaf("OrgnlMsgNmId", if old { "pain.008.001.02" } else { "pain.008.001.08" });
        if let Some(report) = about_message.first() {
            write_group_status(xml, report, "GrpSts");
        }
    });
    // A report about a group begins a group, and so does a collection of another group than the one before.
    let same_group =
        |one: &&CollectionReport, next: &&CollectionReport| next.end_to_end_id.is_some() && one.batch == next.batch;
    for group in rest.chunk_by(same_group) {
        xml.within("OrgnlPmtInfAndSts", |xml| {
            let batch = group.first().and_then(|report| report.batch.as_deref());
            xml.leaf("OrgnlPmtInfId", batch.unwrap_or("NOTPROVIDED"));
            for report in group {
                match &report.end_to_end_id {
                    None => write_group_status(xml, report, "PmtInfSts"),
                    Some(id) => xml.within("TxInfAndSts", |xml| write_collection_status(xml, id, report)),
                }
            }
        });
    }
}

fn write_group_status(xml: &mut Markup, report: &CollectionReport, name: &str) {
    xml.maybe("OrgnlCtrlSum", report.amount.map(|amount| amount.to_string()).as_deref());
    xml.leaf(name, &report.status);
    write_reason(xml, report);
}

fn write_collection_status(xml: &mut Markup, id: &str, report: &CollectionReport) {
    xml.leaf("OrgnlEndToEndId", id);
    xml.leaf("TxSts", &report.status);
    write_reason(xml, report);
    if let Some(amount) = report.amount {
        xml.money("OrgnlTxRef/Amt/InstdAmt", "EUR", amount);
    }
}

fn write_reason(xml: &mut Markup, report: &CollectionReport) {
    if report.reason.is_some() || report.text.is_some() {
        xml.within("StsRsnInf", |xml| {
            xml.maybe(reason_path("Rsn", report.reason.as_deref()), report.reason.as_deref());
            xml.lines("AddtlInf", report.text.as_deref().unwrap_or_default(), 105);
        });
    }
}
