//! Statements (camt.053), notices (camt.054) and reports (camt.052), read entry by entry from trees of each. What differs
//! between versions is tolerated in all: `Sts` as text or `Cd`, a party with or without `Pty`, a day as `Dt` or `DtTm`,
//! charges with or without `Rcrd`. In versions .02 to .14 all that is read has the same place, but for that (compared
//! path by path in their schemas).
//!
//! # The amount of a detail
//!
//! The first that is told in the currency of the entry: `Amt`, `TxAmt`, `CntrValAmt`, `InstdAmt`. A single detail that
//! tells none has the amount of the entry.
//!
//! Of a *credit* counts what came in: that of a single detail is the entry, whatever was ordered. A charge that is told
//! as included, and ours to bear, was kept back from what the other side paid: 130.00 with 5.00 (SHAR) is a payment of
//! 135.00 with 5.00 costs (BANK-7). Any other charge is only shown. Included is what `ChrgInclInd` says, or what a
//! version without it tells (.02, .03), or what the amounts show (100.00 ordered, 95.00 came in, 5.00 charged).
//!
//! Of a *debit* whose amounts make the entry while charges are told as well, ISO says that the charges lie within: they
//! are taken out (13.00 with a charge of 3.00 is a return of 10.00), unless `InstdAmt` shows that the amounts are those
//! that were ordered.
//!
//! Two kinds of entry are not taken apart, and become one detail of the whole amount for a person to look at: several
//! details of which one tells no amount in the currency of the entry, and details that go both ways.
//!
//! # The other side
//!
//! A credit comes from `Dbtr`; a debit goes to `Cdtr`. In a return the parties may keep the roles of the collection (the
//! customer is `Dbtr`) or swap them: the one whose account is not ours is taken.

use super::{
    BankFault, BankFaultKind, Visit, file_head,
    tree::{Node, Pull},
    values::{cents, count, currency, day, day_of, direction, first_day_of, moment_of, money},
};
use crate::domain::iban::{compact, is_iban};
use crate::domain::{
    Cents,
    bank::{
        BankDetail, BankEntry, BankFileKind, Direction, EntrySummary, OpeningKind, StatementHead, StructuredReference,
        Told, Turnover,
    },
};
use chrono::NaiveDate;
use std::io::BufRead;

/// The most details in one entry.
const MAX_DETAILS: usize = 100_000;
/// The most parts before the entries of a statement: a handful as a rule.
const MAX_HEAD: usize = 1000;
/// What of a statement is read before its entries.
const HEAD: [&str; 11] = [
    "Id",
    "StmtPgntn",
    "NtfctnPgntn",
    "RptPgntn",
    "ElctrncSeqNb",
    "LglSeqNb",
    "CreDtTm",
    "FrToDt",
    "Acct",
    "Bal",
    "TxsSummry",
];

/// How a statement is called in its message.
pub(super) const fn part(kind: BankFileKind) -> &'static str {
    match kind {
        BankFileKind::Camt052 => "Rpt",
        BankFileKind::Camt053 => "Stmt",
        BankFileKind::Camt054 => "Ntfctn",
        // Has none.
        BankFileKind::Pain002 => "OrgnlPmtInfAndSts",
    }
}

/// Tells every statement, notice or report of the message into which `pull` went, in its order.
pub(super) fn statements<R: BufRead>(
    pull: &mut Pull<R>,
    message: &Node,
    (kind, version): (BankFileKind, &str),
    visit: &mut Visit<'_>,
) -> Result<(), BankFault> {
    let name = part(kind);
    let (mut header, mut found) = (None, false);
    while let Some(child) = pull.child()? {
        match (child.name(), &header) {
            ("GrpHdr", None) => {
                let node = pull.tree(child)?;
                visit(Told::File(file_head(&node, kind, version)?))?;
                header = Some(node);
            }
            (told, Some(header)) if told == name => {
                found = true;
                statement(pull, child, (header, kind, version), visit)?;
            }
            (told, None) if told == name => return Err(message.missing(&["GrpHdr"])),
            _ => pull.skip()?,
        }
    }
    match header {
        None => Err(message.missing(&["GrpHdr"])),
        Some(_) if !found => Err(message.missing(&[name])),
        Some(_) => Ok(()),
    }
}

/// One statement: its head as soon as the first entry begins, then entry by entry.
fn statement<R: BufRead>(
    pull: &mut Pull<R>,
    mut node: Node,
    (header, kind, version): (&Node, BankFileKind, &str),
    visit: &mut Visit<'_>,
) -> Result<(), BankFault> {
    let (mut context, mut parts) = (None, 0);
    while let Some(child) = pull.child()? {
        let name = child.name();
        if name == "Ntry" {
            if context.is_none() {
                context = Some(begin(&node, (header, kind, version), visit)?);
            }
            let entry = pull.tree(child)?;
            if let Some(context) = &context {
                visit(Told::Entry(self::entry(&entry, context)?))?;
            }
        } else if context.is_some() && matches!(name, "Bal" | "Acct" | "Id") {
            let element = name.to_owned();
            return Err(child.fault(BankFaultKind::OutOfOrder { element, after: "Ntry" }));
        } else if context.is_none() && HEAD.contains(&name) {
            parts += 1;
            if parts > MAX_HEAD {
                return Err(node.fault(BankFaultKind::EntryTooLarge { element: node.name().to_owned() }));
            }
            node.push(pull.tree(child)?);
        } else {
            pull.skip()?;
        }
    }
    if context.is_none() {
        begin(&node, (header, kind, version), visit)?;
    }
    visit(Told::StatementEnd)
}

/// Tells the head; gives what its entries need to know.
fn begin(
    node: &Node,
    (header, kind, version): (&Node, BankFileKind, &str),
    visit: &mut Visit<'_>,
) -> Result<Context, BankFault> {
    let head = head(node, header, kind)?;
    let context = Context {
        account: head.account.clone(),
        told_on: head.created_on,
        statement: kind == BankFileKind::Camt053,
        inclusion: version.rsplit('.').next().unwrap_or_default() >= "04",
    };
    visit(Told::Statement(head))?;
    Ok(context)
}

fn head(node: &Node, header: &Node, kind: BankFileKind) -> Result<StatementHead, BankFault> {
    let created = node.at("CreDtTm").or_else(|| header.at("CreDtTm"));
    let account_node = node.need("Acct")?;
    let balances: Vec<Balance> = match kind {
        BankFileKind::Camt052 | BankFileKind::Camt053 => {
            node.all("Bal").map(balance).collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect()
        }
        BankFileKind::Camt054 | BankFileKind::Pain002 => Vec::new(),
    };
    let first = |code: &str| balances.iter().find(|balance| balance.code == code);
    let currency = account_node
        .text_at(&["Ccy"])
        .or_else(|| ["OPBD", "PRCD", "CLBD", "ITBD"].into_iter().find_map(first).map(|told| told.currency.clone()));
    // A balance in another currency is no balance of this account.
    let told = |code: &str| -> Vec<(NaiveDate, Cents)> {
        let ours = balances.iter().filter(|told| told.code == code && Some(&told.currency) == currency.as_ref());
        ours.map(|told| (told.on, told.amount)).collect()
    };
    let opened = |code: &str, kind| told(code).first().map(|(on, amount)| (*on, *amount, kind));
    let (interim, closing) = (told("ITBD"), told("CLBD").first().copied());
    let booked = opened("OPBD", OpeningKind::Opbd).or_else(|| opened("PRCD", OpeningKind::Prcd));
    // Of a page that is not the first, the first ITBD is what the page before ended with.
    let continued = booked.is_none() && (interim.len() > 1 || closing.is_some());
    let (opening, ending) = match interim.as_slice() {
        [(on, amount), rest @ ..] if continued => (Some((*on, *amount, OpeningKind::Itbd)), rest),
        all => (booked, all),
    };
    let pages = ["StmtPgntn", "NtfctnPgntn", "RptPgntn"].into_iter().find_map(|name| node.at(name));
    let pages = pages.or_else(|| header.at("MsgPgntn"));
    let page = pages.and_then(|pages| pages.at("PgNb")).map(count).transpose()?;
    Ok(StatementHead {
        line: node.line,
        id: node.need_text("Id")?,
        account: account(account_node)?,
        currency,
        page: page.map(|page| u32::try_from(page).unwrap_or(u32::MAX)),
        last_page: pages.and_then(|pages| pages.text_at(&["LastPgInd"])).map(|told| is_true(&told)),
        sequence: node.text_at(&["ElctrncSeqNb", "LglSeqNb"]).and_then(|told| told.parse().ok()),
        created_on: created.map(day_of).transpose()?,
        created_at: created.and_then(moment_of),
        period: node.at("FrToDt").map(period).transpose()?.flatten(),
        opening,
        closing,
        interim_closing: ending.last().copied(),
        summary: node.at("TxsSummry").map(summary).transpose()?,
    })
}

/// The days that a statement is about; none where they go backwards or are not both told.
fn period(node: &Node) -> Result<Option<(NaiveDate, NaiveDate)>, BankFault> {
    let (Some(from), Some(to)) = (node.at("FrDtTm"), node.at("ToDtTm")) else { return Ok(None) };
    let (first, last) = (first_day_of(from)?, day_of(to)?);
    let (time, rest) = to.text.get(10..).unwrap_or_default().split_at_checked(9).unwrap_or_default();
    let midnight = time == "T00:00:00"
        && rest.chars().take_while(|char| !matches!(char, 'Z' | '+' | '-')).all(|c| matches!(c, '.' | '0'));
    let last = if midnight && last > first { last.pred_opt().unwrap_or(last) } else { last };
    Ok(Some((first, last)).filter(|(first, last)| first <= last))
}

fn summary(node: &Node) -> Result<EntrySummary, BankFault> {
    let turnover = |name: &str| -> Result<Turnover, BankFault> {
        let Some(told) = node.at(name) else { return Ok(Turnover::default()) };
        Ok(Turnover {
            count: told.at("NbOfNtries").map(count).transpose()?,
            sum: told.at("Sum").map(cents).transpose()?,
        })
    };
    Ok(EntrySummary {
        all: turnover("TtlNtries")?,
        credit: turnover("TtlCdtNtries")?,
        debit: turnover("TtlDbtNtries")?,
    })
}

/// What an entry needs to know about its statement.
struct Context {
    account: String,
    /// The day on which the bank wrote the statement.
    told_on: Option<NaiveDate>,
    /// A statement: not a notice or a report.
    statement: bool,
    /// Whether the version has `ChrgInclInd`; in one that has not, charges are within the amount.
    inclusion: bool,
}

/// Our account. An IBAN must be right: by it we know whose money this is.
fn account(node: &Node) -> Result<String, BankFault> {
    let id = node.need("Id")?;
    if let Some(told) = id.at("IBAN") {
        let account = compact(&told.text);
        return if is_iban(&account) { Ok(account) } else { Err(told.fault(BankFaultKind::OwnAccount { account })) };
    }
    match id.text_at(&["Othr/Id"]) {
        Some(other) => Ok(compact(&other)),
        None => Err(id.missing(&["IBAN", "Othr"])),
    }
}

struct Balance {
    code: String,
    on: NaiveDate,
    amount: Cents,
    currency: String,
}

/// A booked balance; none for the many other kinds, which are not looked at.
fn balance(node: &Node) -> Result<Option<Balance>, BankFault> {
    let code = node.need("Tp")?.text_at(&["CdOrPrtry/Cd", "CdOrPrtry/Prtry", "Cd"]).unwrap_or_default();
    if !matches!(code.as_str(), "OPBD" | "PRCD" | "ITBD" | "CLBD") {
        return Ok(None);
    }
    let (amount, currency) = money(node.need("Amt")?)?;
    let amount = match direction(node)? {
        Direction::Credit => amount,
        Direction::Debit => Cents::ZERO - amount,
    };
    Ok(Some(Balance { code, on: day(node.need("Dt")?)?, amount, currency: currency.to_owned() }))
}

fn is_true(text: &str) -> bool {
    matches!(text, "true" | "1")
}

fn entry(node: &Node, context: &Context) -> Result<BankEntry, BankFault> {
    let (amount, currency) = money(node.need("Amt")?)?;
    let direction = direction(node)?;
    let booked = status(node)? == "BOOK";
    let days = ["BookgDt", "ValDt"].map(|name| node.at(name).map(day).transpose());
    let [booking, value] = days;
    let (booking, value) = (booking?, value?);
    let booked_on = match booking.or(value) {
        Some(on) => on,
        // A notice, or an entry that is only announced, may tell no day: it is news of the day it was written.
        None => match context.told_on.filter(|_| !booked || !context.statement) {
            Some(on) => on,
            None => return Err(node.missing(&["BookgDt", "ValDt"])),
        },
    };
    let transactions: Vec<&Node> = node.all("NtryDtls").flat_map(|details| details.all("TxDtls")).collect();
    if transactions.len() > MAX_DETAILS {
        return Err(node.fault(BankFaultKind::EntryTooLarge { element: node.name().to_owned() }));
    }
    let charges = charges(node, currency, context.inclusion)?;
    let whole = Whole { amount, currency, direction, charges, inclusion: context.inclusion };
    let details = match whole.parts(&transactions)? {
        Some(parts) if !transactions.is_empty() => {
            transactions.iter().zip(parts).map(|(tx, part)| detail(tx, part, direction, context)).collect()
        }
        Some(parts) => parts.into_iter().map(|part| rest(node, part)).collect(),
        None => vec![rest(node, Part { amount, charge: Cents::ZERO, told: charges.told, opposite: false })],
    };
    Ok(BankEntry {
        line: node.line,
        reference: node.text_at(&["AcctSvcrRef", "NtryRef"]),
        servicer_reference: node.text_at(&["AcctSvcrRef"]),
        entry_reference: node.text_at(&["NtryRef"]),
        reversal: node.text_at(&["RvslInd"]).is_some_and(|told| is_true(&told)),
        amount,
        currency: currency.to_owned(),
        direction,
        booked,
        booked_on,
        valued_on: value.unwrap_or(booked_on),
        code: code(node).or_else(|| transactions.first().and_then(|tx| code(tx))),
        batch: node.text_at(&["NtryDtls/Btch/PmtInfId"]).or_else(|| shared(&transactions, "Refs/PmtInfId")),
        batch_message: node.text_at(&["NtryDtls/Btch/MsgId"]),
        text: node.text_at(&["AddtlNtryInf"]),
        details,
    })
}

/// A detail about which only amounts are known.
fn rest(entry: &Node, part: Part) -> BankDetail {
    let Part { amount, charge, told, opposite: _ } = part;
    BankDetail { line: entry.line, amount, charge, told_charge: told, ..BankDetail::default() }
}

/// `BOOK`, `PDNG`, …: text up to version .06, `Cd` later.
fn status(entry: &Node) -> Result<String, BankFault> {
    let node = entry.need("Sts")?;
    let told = Some(&node.text).filter(|text| !text.is_empty()).cloned();
    told.or_else(|| node.text_at(&["Cd", "Prtry"]))
        .ok_or_else(|| node.fault(BankFaultKind::EmptyElement { element: "Sts".to_owned() }))
}

/// The bank transaction code: `PMNT/IDDT/UPDD`, else the bank's own.
fn code(node: &Node) -> Option<String> {
    let told = node.at("BkTxCd")?;
    let parts = ["Domn/Cd", "Domn/Fmly/Cd", "Domn/Fmly/SubFmlyCd"].map(|path| told.text_at(&[path]));
    let known: Vec<String> = parts.into_iter().flatten().collect();
    let own = told.text_at(&["Prtry/Cd"]);
    if known.is_empty() || (known.len() < 3 && own.is_some()) { own } else { Some(known.join("/")) }
}

/// A text that all transactions tell alike.
fn shared(transactions: &[&Node], path: &str) -> Option<String> {
    let first = transactions.first()?.text_at(&[path])?;
    transactions.iter().all(|tx| tx.at(path).is_some_and(|told| told.text == first)).then_some(first)
}

/// What `Chrgs` tells, in the currency of the entry; what the bank gives back is negative.
#[derive(Clone, Copy, Default)]
struct Charges {
    /// All of it.
    told: Cents,
    /// Without those that the bank books on their own (`ChrgInclInd` false).
    within: Cents,
    /// Told as included, and ours to bear (`Br` CRED or SHAR).
    ours: Cents,
    /// Ours to bear, in a version that could have told whether included, and did not.
    unsaid: Cents,
}

/// The charges of an entry or a detail. `inclusion`: the version has `ChrgInclInd`.
fn charges(node: &Node, of: &str, inclusion: bool) -> Result<Charges, BankFault> {
    let mut all = Charges::default();
    for told in node.all("Chrgs") {
        let mut records: Vec<(&Node, &Node)> = Vec::new();
        for record in told.all("Rcrd") {
            records.push((record, record.need("Amt")?));
        }
        if records.is_empty() {
            records.extend(told.at("Amt").or_else(|| told.at("TtlChrgsAndTaxAmt")).map(|amount| (told, amount)));
        }
        for (record, amount) in records {
            if currency(amount)? != of {
                continue;
            }
            let given_back = record.at("CdtDbtInd").is_some() && direction(record)? == Direction::Credit;
            let charge = if given_back { Cents::ZERO - cents(amount)? } else { cents(amount)? };
            let borne = record.text_at(&["Br"]).is_some_and(|by| matches!(by.as_str(), "CRED" | "SHAR"));
            let included = record.text_at(&["ChrgInclInd"]).map(|told| is_true(&told));
            all.told += charge;
            if included != Some(false) {
                all.within += charge;
            }
            match included.or((!inclusion).then_some(true)) {
                Some(true) if borne => all.ours += charge,
                None if borne => all.unsaid += charge,
                Some(_) | None => {}
            }
        }
    }
    Ok(all)
}

/// An entry that is to be taken apart.
struct Whole<'a> {
    amount: Cents,
    currency: &'a str,
    direction: Direction,
    charges: Charges,
    inclusion: bool,
}

/// Amounts of a detail.
#[derive(Clone, Copy)]
struct Part {
    amount: Cents,
    charge: Cents,
    /// Every charge that was told.
    told: Cents,
    /// It went the other way than the entry.
    opposite: bool,
}

impl Whole<'_> {
    /// Amount and charge of each detail, one where there is none; nothing when the entry cannot be taken apart.
    fn parts(&self, transactions: &[&Node]) -> Result<Option<Vec<Part>>, BankFault> {
        let mut parts = Vec::with_capacity(transactions.len());
        for tx in transactions {
            parts.push((self.amount_of(tx)?, charges(tx, self.currency, self.inclusion)?));
        }
        let only = parts.len() <= 1;
        if only {
            let (amount, charges) = parts.pop().unwrap_or_default();
            let charges = if charges.told == Cents::ZERO { self.charges } else { charges };
            parts.push((amount.or(Some(self.amount)), charges));
        }
        let told: Option<Vec<_>> = parts.into_iter().map(|(amount, charges)| Some((amount?, charges))).collect();
        let Some(told) = told else { return Ok(None) };
        let opposite = if only { None } else { self.opposite(&told, transactions)? };
        Ok(match (opposite, self.direction) {
            (Some(opposite), _) => self.both_ways(&told, &opposite),
            (None, Direction::Credit) => Some(self.came_in(&told, only)),
            (None, Direction::Debit) => Some(self.went_out(&told, transactions)),
        })
    }

    /// Which details went the other way than the entry; nothing where all went with it. Where a file does not tell the way of
    /// each, what came back did so in an entry whose sum only that explains.
    fn opposite(&self, told: &[(Cents, Charges)], transactions: &[&Node]) -> Result<Option<Vec<bool>>, BankFault> {
        let mut ways = Vec::with_capacity(transactions.len());
        for tx in transactions {
            ways.push(tx.at("CdtDbtInd").map(|_| direction(tx)).transpose()?);
        }
        let told_apart: Vec<bool> = ways.iter().map(|way| way.is_some_and(|way| way != self.direction)).collect();
        // Some banks tell of each detail the way of the payment, which is that of none of them.
        if told_apart.contains(&true) && told_apart.contains(&false) {
            return Ok(Some(told_apart));
        }
        // What came back went out: the other way than what came in.
        let comes_in = self.direction == Direction::Credit;
        let returned: Vec<bool> = transactions.iter().map(|tx| tx.at("RtrInf").is_some() == comes_in).collect();
        let explains = ways.iter().all(Option::is_none)
            && told.iter().map(|(amount, _)| *amount).sum::<Cents>() != self.amount
            && self.both_ways(told, &returned).is_some();
        Ok((explains && returned.contains(&false) && returned.contains(&true)).then_some(returned))
    }

    /// Of an entry with details that went the other way. Whether their amounts are with or without what the bank charged, their
    /// sum tells; nothing where neither does.
    fn both_ways(&self, told: &[(Cents, Charges)], opposite: &[bool]) -> Option<Vec<Part>> {
        let is_credit = |opposite: bool| (self.direction == Direction::Credit) != opposite;
        let with = |(amount, charges): &(Cents, Charges), opposite: bool, beside: bool| {
            let told = charges.told;
            match (is_credit(opposite), beside) {
                (true, _) => {
                    let charge = charges.ours.max(Cents::ZERO);
                    Part { amount: *amount + charge, charge, told, opposite }
                }
                (false, true) => Part { amount: *amount, charge: charges.within, told, opposite },
                (false, false) if *amount >= charges.within => {
                    Part { amount: *amount - charges.within, charge: charges.within, told, opposite }
                }
                (false, false) => Part { amount: *amount, charge: Cents::ZERO, told, opposite },
            }
        };
        let moved = |part: &Part| {
            let moved = if is_credit(part.opposite) { part.amount - part.charge } else { part.amount + part.charge };
            if part.opposite { -moved } else { moved }
        };
        let parts = |beside: bool| -> Vec<Part> {
            told.iter().zip(opposite).map(|(told, opposite)| with(told, *opposite, beside)).collect()
        };
        let fits = |parts: &Vec<Part>| parts.iter().map(moved).sum::<Cents>() == self.amount;
        [parts(false), parts(true)].into_iter().find(fits)
    }

    /// The amount that a detail tells in the currency of the entry.
    fn amount_of(&self, tx: &Node) -> Result<Option<Cents>, BankFault> {
        for path in ["Amt", "AmtDtls/TxAmt/Amt", "AmtDtls/CntrValAmt/Amt", "AmtDtls/InstdAmt/Amt"] {
            if let Some(told) = tx.at(path)
                && currency(told)? == self.currency
            {
                return cents(told).map(Some);
            }
        }
        Ok(None)
    }

    /// Of a credit (BANK-7): what came in, and with it the charge that was kept back and is ours. What the amounts of
    /// several details are, with or without charges, their sum tells.
    fn came_in(&self, told: &[(Cents, Charges)], only: bool) -> Vec<Part> {
        let sum: Cents = told.iter().map(|(amount, _)| *amount).sum();
        let part = |net: Cents, charge: Cents, told: Cents| {
            let charge = charge.max(Cents::ZERO);
            Part { amount: net + charge, charge, told, opposite: false }
        };
        if only {
            // What came in is the entry, whatever the detail says was ordered.
            let parts = told.iter().map(|(amount, charges)| {
                let shown = *amount == self.amount + charges.ours + charges.unsaid;
                let charge = if shown { charges.ours + charges.unsaid } else { charges.ours };
                part(self.amount, charge, charges.told)
            });
            return parts.collect();
        }
        let within: Cents = told.iter().map(|(_, charges)| charges.within).sum();
        let gross = sum != self.amount && sum - within == self.amount;
        if gross && told.iter().all(|(amount, charges)| *amount >= charges.within) {
            let parts = told
                .iter()
                .map(|(amount, charges)| part(*amount - charges.within, charges.ours + charges.unsaid, charges.told));
            return parts.collect();
        }
        told.iter().map(|(amount, charges)| part(*amount, charges.ours, charges.told)).collect()
    }

    /// Of a debit: takes the charges out of amounts that hold them.
    fn went_out(&self, told: &[(Cents, Charges)], transactions: &[&Node]) -> Vec<Part> {
        // The amounts are those that were ordered, so the charges lie elsewhere.
        let ordered = !transactions.is_empty()
            && transactions.iter().all(|tx| {
                let ours = |told: &&Node| told.currency.as_deref() == Some(self.currency);
                let amount = |path| tx.at(path).filter(ours).map(|told| &told.text);
                let instructed = amount("AmtDtls/InstdAmt/Amt");
                instructed.is_some() && (instructed == amount("Amt") || instructed == amount("AmtDtls/TxAmt/Amt"))
            });
        let sum: Cents = told.iter().map(|(amount, _)| *amount).sum();
        let elsewhere = ordered || told.iter().any(|(amount, charges)| *amount < charges.within);
        let part = |(amount, charges): &(Cents, Charges)| match (sum == self.amount, elsewhere) {
            (false, _) => Part { amount: *amount, charge: charges.within, told: charges.told, opposite: false },
            (true, true) => Part { amount: *amount, charge: Cents::ZERO, told: charges.told, opposite: false },
            (true, false) => {
                Part { amount: *amount - charges.within, charge: charges.within, told: charges.told, opposite: false }
            }
        };
        told.iter().map(part).collect()
    }
}

fn detail(tx: &Node, part: Part, of_entry: Direction, context: &Context) -> BankDetail {
    let direction = if part.opposite { of_entry.opposite() } else { of_entry };
    let (name, iban) = other_side(tx, direction, context);
    let lines: Vec<&str> = tx.all("RmtInf").flat_map(|told| told.all("Ustrd")).map(|line| line.text.as_str()).collect();
    let text = Some(super::tree::collapse(&lines.join(" "))).filter(|text| !text.is_empty());
    let id = |name: &str| tx.text_at(&[&format!("Refs/{name}")]).filter(|id| id != "NOTPROVIDED");
    let references = references(tx);
    BankDetail {
        line: tx.line,
        opposite: part.opposite,
        code: code(tx).filter(|_| part.opposite),
        amount: part.amount,
        charge: part.charge,
        told_charge: part.told,
        reference: id("AcctSvcrRef").or_else(|| id("TxId")),
        servicer_reference: id("AcctSvcrRef"),
        transaction_id: id("TxId"),
        instruction_id: id("InstrId"),
        uetr: id("UETR"),
        end_to_end_id: id("EndToEndId"),
        mandate: id("MndtId"),
        name,
        iban,
        ultimate_name: ultimate(tx, direction),
        structured: references.first().map(|told| told.reference.clone()),
        references,
        text: text.or_else(|| tx.text_at(&["RmtInf/Strd/AddtlRmtInf", "AddtlTxInf", "RtrInf/AddtlInf"])),
        return_reason: tx.text_at(&["RtrInf/Rsn/Cd", "RtrInf/Rsn/Prtry"]),
    }
}

/// Every structured reference.
fn references(tx: &Node) -> Vec<StructuredReference> {
    let told = tx.all("RmtInf").flat_map(|told| told.all("Strd")).flat_map(|told| told.all("CdtrRefInf"));
    told.filter_map(|told| {
        Some(StructuredReference {
            reference: told.text_at(&["Ref"])?,
            kind: told.text_at(&["Tp/CdOrPrtry/Cd", "Tp/CdOrPrtry/Prtry"]),
            issuer: told.text_at(&["Tp/Issr"]),
        })
    })
    .collect()
}

/// For whom the other side paid, or was paid. In a return the customer may be on either side.
fn ultimate(tx: &Node, direction: Direction) -> Option<String> {
    let debtor_first = direction == Direction::Credit || tx.at("RtrInf").is_some();
    let role = if debtor_first { "UltmtDbtr" } else { "UltmtCdtr" };
    tx.text_at(&[&format!("RltdPties/{role}/Nm"), &format!("RltdPties/{role}/Pty/Nm")])
}

/// Name and account of the other side; see the module.
fn other_side(tx: &Node, direction: Direction, context: &Context) -> (Option<String>, Option<String>) {
    let debtor_first = direction == Direction::Credit || tx.at("RtrInf").is_some();
    let roles = if debtor_first { ["Dbtr", "Cdtr"] } else { ["Cdtr", "Dbtr"] };
    let parties = roles.map(|role| {
        let at = |rest: &str| tx.text_at(&[&format!("RltdPties/{role}{rest}")]);
        let name = at("/Nm").or_else(|| at("/Pty/Nm")).or_else(|| at("/Agt/FinInstnId/Nm"));
        let account = at("Acct/Id/IBAN").or_else(|| at("Acct/Id/Othr/Id"));
        (name, account.map(|text| compact(&text)))
    });
    let theirs = |account: &Option<String>| account.as_ref() != Some(&context.account);
    let by_account = parties.iter().find(|(_, account)| account.is_some() && theirs(account));
    let by_name = || parties.iter().find(|(name, account)| name.is_some() && theirs(account));
    by_account.or_else(by_name).cloned().unwrap_or_default()
}
