//! A file of a history as banks write it: camt.053, camt.054 or camt.052 in XML, in the older or the newer version, in
//! one of several hands. What is read back is what was told.

use super::history::{File, History, Rng, ToldEntry, ToldStatement};
use chrono::{Days, NaiveDateTime};
use std::fmt::Write as _;
use strippenkaart::domain::Cents;
use strippenkaart::domain::bank::{
    BankDetail, BankEntry, BankFileKind, Direction, EntrySummary, OpeningKind, StatementHead, StructuredReference, Told,
};
use strippenkaart::domain::bank_statement::StatementKind;
use strippenkaart::exchange::bank::read_stream;

/// How a bank writes: nothing of it changes what is told.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a habit of banks of its own")]
pub struct Hand {
    /// camt .02, else .08.
    older: bool,
    prefix: &'static str,
    indents: bool,
    /// Behind a moment.
    zone: &'static str,
    /// A period ends at 00:00 of the day after.
    midnight: bool,
    /// When all statements were made, the head of the file tells.
    made_above: bool,
    /// What the bank counted is told (`TxsSummry`).
    counts: bool,
    /// Our side of a payment is told as well.
    own_side: bool,
    /// In a return the parties have swapped their roles.
    swaps: bool,
    /// `NOTPROVIDED` where no id came with a payment.
    not_provided: bool,
}

impl Hand {
    /// The one of a seed.
    pub fn of(seed: u64) -> Self {
        let mut rng = Rng::new(seed ^ 0x07a1_4bc5_d3e9_10f3);
        Self {
            older: rng.chance(35),
            prefix: if rng.chance(15) { "ns2:" } else { "" },
            indents: rng.chance(60),
            zone: ["", "Z", "+01:00", ".000+02:00"][rng.below(4)],
            midnight: rng.chance(25),
            made_above: rng.chance(40),
            counts: rng.chance(40),
            own_side: rng.chance(40),
            swaps: rng.chance(50),
            not_provided: rng.chance(30),
        }
    }
}

/// What a file is, by its statements.
pub fn kind_of(file: &File) -> BankFileKind {
    let notices = file.statements.iter().filter(|row| row.kind == StatementKind::Notice).count();
    assert!(notices == 0 || notices == file.statements.len(), "a file is of one kind");
    if notices == 0 { BankFileKind::Camt053 } else { BankFileKind::Camt054 }
}

/// Writes a file under an id of its message. Each entry and each detail begins a line.
pub fn written(file: &File, kind: BankFileKind, message: &str, hand: Hand) -> Vec<u8> {
    // The older version has no page numbers in a statement, only in the message.
    let paged = file.statements.iter().any(|told| told.head.page.is_some());
    let older = hand.older && (!paged || file.statements.len() == 1);
    let hand = Hand { older, ..hand };
    let version = if older { "02" } else { "08" };
    let (name, part) = match kind {
        BankFileKind::Camt052 => ("BkToCstmrAcctRpt", "Rpt"),
        BankFileKind::Camt053 => ("BkToCstmrStmt", "Stmt"),
        BankFileKind::Camt054 => ("BkToCstmrDbtCdtNtfctn", "Ntfctn"),
        BankFileKind::Pain002 => unreachable!("no statements"),
    };
    let mut xml = Xml { text: String::new(), deep: 0, hand, account: String::new() };
    xml.text.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>");
    let (namespace, colon) = (format!("urn:iso:std:iso:20022:tech:xsd:{kind}.001.{version}"), hand.prefix);
    let _ = write!(
        xml.text,
        "\n<{colon}Document xmlns{}=\"{namespace}\">",
        match colon.strip_suffix(':') {
            Some(prefix) => format!(":{prefix}"),
            None => String::new(),
        }
    );
    xml.deep = 1;
    xml.within(name, |xml| {
        // A file that tells when it was made would tell it of its statements as well.
        let made: Vec<Option<NaiveDateTime>> = file.statements.iter().map(|told| told.head.created_at).collect();
        let all_made = made.iter().all(Option::is_some);
        let above = all_made && hand.made_above && made.iter().all(|one| *one == made[0]);
        xml.within("GrpHdr", |xml| {
            xml.leaf("MsgId", message);
            if let Some(made) = made[0].filter(|_| all_made) {
                xml.moment("CreDtTm", made);
            }
            if let [only] = &file.statements[..]
                && older
            {
                xml.pages("MsgPgntn", &only.head);
            }
        });
        for told in &file.statements {
            xml.within(part, |xml| xml.statement(told, kind, above));
        }
    });
    let _ = write!(xml.text, "\n</{colon}Document>\n");
    xml.text.into_bytes()
}

struct Xml {
    text: String,
    deep: usize,
    hand: Hand,
    /// Of the statement that is written.
    account: String,
}

impl Xml {
    fn begin(&mut self, name: &str) {
        if self.hand.indents || matches!(name, "Ntry" | "TxDtls") {
            self.text.push('\n');
            self.text.push_str(&"  ".repeat(if self.hand.indents { self.deep } else { 0 }));
        }
        let _ = write!(self.text, "<{}{name}", self.hand.prefix);
    }

    fn within(&mut self, name: &str, content: impl FnOnce(&mut Self)) {
        self.begin(name);
        self.text.push('>');
        self.deep += 1;
        content(self);
        self.deep -= 1;
        if self.hand.indents {
            self.text.push('\n');
            self.text.push_str(&"  ".repeat(self.deep));
        }
        let _ = write!(self.text, "</{}{name}>", self.hand.prefix);
    }

    /// A value at the end of a path.
    fn leaf(&mut self, path: &str, value: &str) {
        if let Some((first, rest)) = path.split_once('/') {
            self.within(first, |xml| xml.leaf(rest, value));
            return;
        }
        self.begin(path);
        let value = value.replace('&', "&amp;").replace('<', "&lt;");
        let _ = write!(self.text, ">{value}</{}{path}>", self.hand.prefix);
    }

    fn maybe(&mut self, path: &str, value: Option<&String>) {
        if let Some(value) = value {
            self.leaf(path, value);
        }
    }

    fn money(&mut self, path: &str, amount: Cents) {
        if let Some((first, rest)) = path.split_once('/') {
            self.within(first, |xml| xml.money(rest, amount));
            return;
        }
        self.begin(path);
        let _ = write!(self.text, " Ccy=\"EUR\">{amount}</{}{path}>", self.hand.prefix);
    }

    fn moment(&mut self, name: &str, at: NaiveDateTime) {
        let text = format!("{}{}", at.format("%Y-%m-%dT%H:%M:%S"), self.hand.zone);
        self.leaf(name, &text);
    }

    fn pages(&mut self, name: &str, head: &StatementHead) {
        if let (Some(page), Some(last)) = (head.page, head.last_page) {
            self.within(name, |xml| {
                xml.leaf("PgNb", &page.to_string());
                xml.leaf("LastPgInd", if last { "true" } else { "false" });
            });
        }
    }

    fn statement(&mut self, told: &ToldStatement, kind: BankFileKind, made_above: bool) {
        let head = &told.head;
        self.account.clone_from(&head.account);
        self.leaf("Id", &head.id);
        if !self.hand.older {
            self.pages(if kind == BankFileKind::Camt054 { "NtfctnPgntn" } else { "StmtPgntn" }, head);
        }
        self.maybe("ElctrncSeqNb", head.sequence.map(|number| number.to_string()).as_ref());
        if let Some(made) = head.created_at.filter(|_| !made_above) {
            self.moment("CreDtTm", made);
        }
        if let Some((from, to)) = head.period {
            self.within("FrToDt", |xml| {
                xml.moment("FrDtTm", from.and_hms_opt(0, 0, 0).unwrap());
                let ends = if xml.hand.midnight {
                    (to + Days::new(1)).and_hms_opt(0, 0, 0)
                } else {
                    to.and_hms_opt(23, 59, 59)
                };
                xml.moment("ToDtTm", ends.unwrap());
            });
        }
        self.within("Acct", |xml| {
            xml.leaf("Id/IBAN", &head.account);
            xml.leaf("Ccy", "EUR");
        });
        let opening = head.opening.map(|(day, amount, kind)| {
            let code = match kind {
                OpeningKind::Opbd => "OPBD",
                OpeningKind::Prcd => "PRCD",
                OpeningKind::Itbd => "ITBD",
            };
            (code, day, amount)
        });
        let interim = head.interim_closing.map(|(day, amount)| ("ITBD", day, amount));
        let closing = head.closing.map(|(day, amount)| ("CLBD", day, amount));
        for (code, day, amount) in [opening, interim, closing].into_iter().flatten() {
            self.within("Bal", |xml| {
                xml.leaf("Tp/CdOrPrtry/Cd", code);
                let below = amount < Cents::ZERO;
                xml.money("Amt", if below { -amount } else { amount });
                xml.leaf("CdtDbtInd", if below { "DBIT" } else { "CRDT" });
                xml.leaf("Dt/Dt", &day.to_string());
            });
        }
        if self.hand.counts {
            self.summary(told);
        }
        for row in &told.entries {
            self.within("Ntry", |xml| xml.entry(&row.entry));
        }
    }

    fn summary(&mut self, told: &ToldStatement) {
        let counted = summary_of(told);
        self.within("TxsSummry", |xml| {
            let rows = [("TtlNtries", counted.all), ("TtlCdtNtries", counted.credit), ("TtlDbtNtries", counted.debit)];
            for (name, row) in rows {
                xml.within(name, |xml| {
                    xml.maybe("NbOfNtries", row.count.map(|count| count.to_string()).as_ref());
                    xml.maybe("Sum", row.sum.map(|sum| sum.to_string()).as_ref());
                });
            }
        });
    }

    fn entry(&mut self, entry: &BankEntry) {
        self.maybe("NtryRef", entry.entry_reference.as_ref());
        self.money("Amt", entry.amount);
        self.leaf("CdtDbtInd", indicator(entry.direction));
        let status = if entry.booked { "BOOK" } else { "PDNG" };
        self.leaf(if self.hand.older { "Sts" } else { "Sts/Cd" }, status);
        self.leaf("BookgDt/Dt", &entry.booked_on.to_string());
        self.leaf("ValDt/Dt", &entry.valued_on.to_string());
        self.maybe("AcctSvcrRef", entry.servicer_reference.as_ref());
        self.within("BkTxCd", |xml| {
            let parts: Vec<&str> = entry.code.iter().flat_map(|code| code.split('/')).collect();
            if let [domain, family, sub] = parts[..] {
                xml.within("Domn", |xml| {
                    xml.leaf("Cd", domain);
                    xml.within("Fmly", |xml| {
                        xml.leaf("Cd", family);
                        xml.leaf("SubFmlyCd", sub);
                    });
                });
            }
        });
        let whole = match &entry.details[..] {
            [only] if is_bare(only) => {
                self.charge(entry.direction, only.charge);
                true
            }
            _ => false,
        };
        if whole && entry.batch.is_none() {
            return;
        }
        self.within("NtryDtls", |xml| {
            if let Some(batch) = &entry.batch {
                xml.within("Btch", |xml| {
                    xml.leaf("PmtInfId", batch);
                    xml.leaf("NbOfTxs", &entry.details.len().to_string());
                });
            }
            for detail in entry.details.iter().filter(|_| !whole) {
                xml.within("TxDtls", |xml| {
                    xml.detail(if detail.opposite { entry.direction.opposite() } else { entry.direction }, detail);
                });
            }
        });
    }

    fn charge(&mut self, direction: Direction, charge: Cents) {
        if charge == Cents::ZERO {
            return;
        }
        let content = |xml: &mut Self| {
            xml.money("Amt", charge);
            xml.leaf("CdtDbtInd", "DBIT");
            if !xml.hand.older {
                xml.leaf("ChrgInclInd", "true");
            }
            // What was kept back of a credit is ours to bear.
            if direction == Direction::Credit {
                xml.leaf("Br", "CRED");
            }
        };
        if self.hand.older {
            self.within("Chrgs", content);
        } else {
            self.within("Chrgs", |xml| xml.within("Rcrd", content));
        }
    }

    fn detail(&mut self, direction: Direction, detail: &BankDetail) {
        let none = "NOTPROVIDED".to_owned();
        let came = detail.end_to_end_id.as_ref().or(self.hand.not_provided.then_some(&none));
        let ids = [
            ("AcctSvcrRef", detail.servicer_reference.as_ref()),
            ("EndToEndId", came),
            ("TxId", detail.transaction_id.as_ref()),
            ("MndtId", detail.mandate.as_ref()),
        ];
        if ids.iter().any(|(_, id)| id.is_some()) {
            self.within("Refs", |xml| ids.into_iter().for_each(|(name, id)| xml.maybe(name, id)));
        }
        let moved = match direction {
            Direction::Credit => detail.amount - detail.charge,
            Direction::Debit => detail.amount,
        };
        if !self.hand.older {
            self.money("Amt", moved);
            self.leaf("CdtDbtInd", indicator(direction));
        }
        self.within("AmtDtls", |xml| {
            xml.money("InstdAmt/Amt", detail.amount);
            xml.money("TxAmt/Amt", moved);
        });
        self.charge(direction, detail.charge);
        let returns = detail.return_reason.is_some();
        let theirs_pays = direction == Direction::Credit || (returns && !self.hand.swaps);
        let (theirs, ours) = if theirs_pays { ("Dbtr", "Cdtr") } else { ("Cdtr", "Dbtr") };
        if detail.name.is_some() || detail.iban.is_some() {
            let own_side = self.hand.own_side;
            self.within("RltdPties", |xml| {
                let name = |role: &str| format!("{role}/{}", if xml.hand.older { "Nm" } else { "Pty/Nm" });
                let (theirs_named, ours_named) = (name(theirs), name(ours));
                let us = |xml: &mut Self| {
                    if own_side {
                        let account = xml.account.clone();
                        xml.leaf(&ours_named, "Our own name");
                        xml.leaf(&format!("{ours}Acct/Id/IBAN"), &account);
                    }
                };
                if ours == "Dbtr" {
                    us(xml);
                }
                xml.maybe(&theirs_named, detail.name.as_ref());
                xml.maybe(&format!("{theirs}Acct/Id/IBAN"), detail.iban.as_ref());
                if ours == "Cdtr" {
                    us(xml);
                }
            });
        }
        if detail.text.is_some() || detail.structured.is_some() {
            self.within("RmtInf", |xml| {
                xml.maybe("Ustrd", detail.text.as_ref());
                if let Some(reference) = &detail.structured {
                    xml.within("Strd", |xml| {
                        xml.within("CdtrRefInf", |xml| {
                            xml.within("Tp", |xml| {
                                xml.leaf("CdOrPrtry/Cd", "SCOR");
                                xml.leaf("Issr", "CUR");
                            });
                            xml.leaf("Ref", reference);
                        });
                    });
                }
            });
        }
        self.maybe("RtrInf/Rsn/Cd", detail.return_reason.as_ref());
    }
}

fn indicator(direction: Direction) -> &'static str {
    match direction {
        Direction::Credit => "CRDT",
        Direction::Debit => "DBIT",
    }
}

/// Whether it tells nothing but amounts.
fn is_bare(detail: &BankDetail) -> bool {
    let BankDetail { amount, charge, told_charge, .. } = *detail;
    *detail == BankDetail { line: 1, amount, charge, told_charge, ..BankDetail::default() }
}

/// What the bank counts of a statement.
fn summary_of(told: &ToldStatement) -> EntrySummary {
    let count = |wanted: Option<Direction>| {
        let rows = told.entries.iter().map(|row| &row.entry);
        let rows: Vec<_> = rows.filter(|entry| wanted.is_none_or(|wanted| entry.direction == wanted)).collect();
        let sum = rows.iter().map(|entry| entry.amount).sum();
        strippenkaart::domain::bank::Turnover { count: Some(rows.len() as u64), sum: Some(sum) }
    };
    EntrySummary { all: count(None), credit: count(Some(Direction::Credit)), debit: count(Some(Direction::Debit)) }
}

/// What the product reads: the statements with their entries.
pub fn read_back(bytes: &[u8]) -> Vec<(StatementHead, Vec<BankEntry>)> {
    let mut read: Vec<(StatementHead, Vec<BankEntry>)> = Vec::new();
    read_stream(bytes, &mut |told| {
        match told {
            Told::Statement(head) => read.push((head, Vec::new())),
            Told::Entry(entry) => read.last_mut().unwrap().1.push(entry),
            Told::File(_) | Told::StatementEnd | Told::Report(_) => {}
        }
        Ok(())
    })
    .unwrap_or_else(|fault| panic!("{fault}\n{}", String::from_utf8_lossy(bytes)));
    read
}

/// What a history tells, as it is read: its structured reference in full, and no lines of the file.
fn as_told(row: &ToldEntry) -> BankEntry {
    let mut entry = BankEntry { line: 0, ..row.entry.clone() };
    for detail in &mut entry.details {
        detail.line = 0;
        let reference = |told: &String| StructuredReference {
            reference: told.clone(),
            kind: Some("SCOR".to_owned()),
            issuer: Some("CUR".to_owned()),
        };
        detail.references = detail.structured.iter().map(reference).collect();
    }
    entry
}

fn without_lines(entry: &BankEntry) -> BankEntry {
    let details = entry.details.iter().map(|detail| BankDetail { line: 0, ..detail.clone() }).collect();
    BankEntry { line: 0, details, ..entry.clone() }
}

#[test]
fn bank_8_what_a_bank_writes_is_read_as_it_was_told() {
    let (mut files, mut entries) = (0, 0);
    for seed in 1..=200 {
        for (file, number) in History::new(seed).files().iter().zip(1..) {
            let number: u64 = number;
            let bytes = written(file, kind_of(file), &format!("M{number}"), Hand::of(seed ^ (number << 32)));
            let read = read_back(&bytes);
            let shown = || String::from_utf8_lossy(&bytes);
            assert_eq!(read.len(), file.statements.len(), "{}", shown());
            for ((head, found), told) in read.iter().zip(&file.statements) {
                assert!(head.summary.is_none_or(|counted| counted == summary_of(told)), "{head:?}");
                let head = StatementHead { line: told.head.line, summary: None, ..head.clone() };
                assert_eq!(head, told.head, "seed {seed} file {number}\n{}", shown());
                let told: Vec<BankEntry> = told.entries.iter().map(as_told).collect();
                let found: Vec<BankEntry> = found.iter().map(without_lines).collect();
                assert_eq!(found, told, "seed {seed} file {number}\n{}", shown());
                entries += told.len();
            }
            files += 1;
        }
    }
    assert!(files > 1_000 && entries > 3_000, "{files} files with {entries} entries");
}
