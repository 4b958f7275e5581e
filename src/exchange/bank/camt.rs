//! Statements (camt.053) and notices (camt.054), read from the tree. What differs between versions is tolerated in all:
//! `Sts` as text or `Cd`, a party with or without `Pty`, a day as `Dt` or `DtTm`, charges with or without `Rcrd`.
//!
//! # The amount of a detail
//!
//! The first that is told in the currency of the entry: `Amt`, `TxAmt`, `CntrValAmt`, `InstdAmt`. A single detail that
//! tells none has the amount of the entry, less or plus the charge. Where the amounts make the entry and charges are
//! told as well, ISO says that the charges lie within: they are taken out (13.00 with a charge of 3.00 is a return of
//! 10.00), unless `InstdAmt` shows that the amounts are those that were ordered.
//!
//! Two kinds of entry are not taken apart, and become one detail of the whole amount for a person to look at: several
//! details of which one tells no amount in the currency of the entry, and details that go both ways.
//!
//! # The other side
//!
//! A credit comes from `Dbtr`; a debit goes to `Cdtr`. In a return the parties may keep the roles of the collection (the
//! customer is `Dbtr`) or swap them: the one whose account is not ours is taken.

use super::{
    BankFault,
    tree::Node,
    values::{cents, currency, day, day_of, direction, money},
};
use crate::domain::iban::{compact, is_iban};
use crate::domain::{
    Cents,
    bank::{BankDetail, BankEntry, BankFileKind, BankStatement, Direction, StructuredReference},
};
use chrono::NaiveDate;

/// Every statement or notice of a message.
pub(super) fn statements(message: &Node, kind: BankFileKind) -> Result<Vec<BankStatement>, BankFault> {
    let name = if kind == BankFileKind::Camt053 { "Stmt" } else { "Ntfctn" };
    let header = message.need("GrpHdr")?;
    message.need(name)?;
    message.all(name).map(|node| statement(node, header, kind)).collect()
}

fn statement(node: &Node, header: &Node, kind: BankFileKind) -> Result<BankStatement, BankFault> {
    let told_on = day_of(match node.at("CreDtTm") {
        Some(told) => told,
        None => header.need("CreDtTm")?,
    })?;
    let account_node = node.need("Acct")?;
    let context = Context { account: account(account_node)?, told_on, statement: kind == BankFileKind::Camt053 };
    let balances: Vec<Balance> = match kind {
        BankFileKind::Camt053 => {
            node.all("Bal").map(balance).collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect()
        }
        _ => Vec::new(),
    };
    let booked = |code: &str| balances.iter().find(|balance| balance.code == code);
    let currency = account_node
        .text_at(&["Ccy"])
        .or_else(|| ["OPBD", "PRCD", "CLBD"].into_iter().find_map(booked).map(|balance| balance.currency.clone()));
    // A balance in another currency is no balance of this account.
    let told = |code: &str| {
        let ours = |balance: &&Balance| balance.code == code && Some(&balance.currency) == currency.as_ref();
        balances.iter().find(ours).map(|balance| (balance.on, balance.amount))
    };
    Ok(BankStatement {
        id: node.need_text("Id")?,
        opening: told("OPBD").or_else(|| told("PRCD")),
        closing: told("CLBD"),
        currency,
        entries: node.all("Ntry").map(|entry| self::entry(entry, &context)).collect::<Result<_, _>>()?,
        account: context.account,
    })
}

/// What an entry needs to know about its statement.
struct Context {
    account: String,
    /// The day on which the bank wrote the statement.
    told_on: NaiveDate,
    /// A statement, not a notice.
    statement: bool,
}

/// Our account. An IBAN must be right: by it we know whose money this is.
fn account(node: &Node) -> Result<String, BankFault> {
    let id = node.need("Id")?;
    if let Some(told) = id.at("IBAN") {
        let iban = compact(&told.text);
        return if is_iban(&iban) {
            Ok(iban)
        } else {
            Err(told.fault(format!("`{iban}`, our own account, is not an IBAN: its check digits or length are wrong")))
        };
    }
    match id.text_at(&["Othr/Id"]) {
        Some(other) => Ok(compact(&other)),
        None => Err(id.fault("the account has neither `IBAN` nor `Othr/Id`")),
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
    if !matches!(code.as_str(), "OPBD" | "PRCD" | "CLBD") {
        return Ok(None);
    }
    let (amount, currency) = money(node.need("Amt")?)?;
    let amount = match direction(node)? {
        Direction::Credit => amount,
        Direction::Debit => Cents::ZERO - amount,
    };
    Ok(Some(Balance { code, on: day(node.need("Dt")?)?, amount, currency: currency.to_owned() }))
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
        None if !booked || !context.statement => context.told_on,
        None => return Err(node.fault("a booked entry has neither `BookgDt` nor `ValDt`")),
    };
    let transactions: Vec<&Node> = node.all("NtryDtls").flat_map(|details| details.all("TxDtls")).collect();
    let whole = Whole { amount, currency, direction, charge: charges(node, currency)? };
    let details = match whole.parts(&transactions)? {
        Some(parts) if !transactions.is_empty() => {
            transactions.iter().zip(parts).map(|(tx, part)| detail(tx, part, direction, context)).collect()
        }
        Some(parts) => parts.into_iter().map(|(amount, charge)| rest(node, amount, charge)).collect(),
        None => vec![rest(node, amount, Cents::ZERO)],
    };
    Ok(BankEntry {
        line: node.line,
        reference: node.text_at(&["AcctSvcrRef", "NtryRef"]),
        servicer_reference: node.text_at(&["AcctSvcrRef"]),
        entry_reference: node.text_at(&["NtryRef"]),
        reversal: node.text_at(&["RvslInd"]).is_some_and(|told| matches!(told.as_str(), "true" | "1")),
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
fn rest(entry: &Node, amount: Cents, charge: Cents) -> BankDetail {
    BankDetail { line: entry.line, amount, charge, ..BankDetail::default() }
}

/// `BOOK`, `PDNG`, …: text up to version .06, `Cd` later.
fn status(entry: &Node) -> Result<String, BankFault> {
    let node = entry.need("Sts")?;
    let told = Some(&node.text).filter(|text| !text.is_empty()).cloned();
    told.or_else(|| node.text_at(&["Cd", "Prtry"]))
        .ok_or_else(|| node.fault("`Sts` is empty; expected BOOK, PDNG or INFO"))
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

/// Charges within the amount, told by `Chrgs`; those that the bank gives back are negative. Charges that it books on
/// their own (`ChrgInclInd` false) or in another currency are no part of this entry.
fn charges(node: &Node, of: &str) -> Result<Cents, BankFault> {
    let mut total = Cents::ZERO;
    for told in node.all("Chrgs") {
        let mut records: Vec<(&Node, &Node)> = Vec::new();
        for record in told.all("Rcrd") {
            records.push((record, record.need("Amt")?));
        }
        if records.is_empty() {
            records.extend(told.at("Amt").or_else(|| told.at("TtlChrgsAndTaxAmt")).map(|amount| (told, amount)));
        }
        for (record, amount) in records {
            let apart = record.at("ChrgInclInd").is_some_and(|told| matches!(told.text.as_str(), "false" | "0"));
            if apart || currency(amount)? != of {
                continue;
            }
            let charge = cents(amount)?;
            let given_back = record.at("CdtDbtInd").is_some() && direction(record)? == Direction::Credit;
            total = if given_back { total - charge } else { total + charge };
        }
    }
    Ok(total)
}

/// An entry that is to be taken apart.
struct Whole<'a> {
    amount: Cents,
    currency: &'a str,
    direction: Direction,
    charge: Cents,
}

impl Whole<'_> {
    /// Amount and charge of each detail, one where there is none; nothing when the entry cannot be taken apart.
    fn parts(&self, transactions: &[&Node]) -> Result<Option<Vec<(Cents, Cents)>>, BankFault> {
        let mut parts = Vec::with_capacity(transactions.len());
        let mut ways = Vec::new();
        for tx in transactions {
            parts.push((self.amount_of(tx)?, charges(tx, self.currency)?));
            if tx.at("CdtDbtInd").is_some() {
                ways.push(direction(tx)?);
            }
        }
        if ways.windows(2).any(|pair| matches!(pair, [one, other] if one != other)) {
            return Ok(None);
        }
        if let [] | [_] = parts.as_slice() {
            let (amount, charge) = parts.pop().unwrap_or((None, Cents::ZERO));
            let charge = if charge == Cents::ZERO { self.charge } else { charge };
            parts.push((amount.or(Some(self.amount)), charge));
        }
        let told: Option<Vec<_>> = parts.into_iter().map(|(amount, charge)| Some((amount?, charge))).collect();
        let ordered = !transactions.is_empty()
            && transactions.iter().all(|tx| {
                let ours = |told: &&Node| told.currency.as_deref() == Some(self.currency);
                let amount = |path| tx.at(path).filter(ours).map(|told| &told.text);
                let instructed = amount("AmtDtls/InstdAmt/Amt");
                instructed.is_some() && (instructed == amount("Amt") || instructed == amount("AmtDtls/TxAmt/Amt"))
            });
        Ok(told.map(|told| self.without_charges(told, ordered)))
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

    /// Takes the charges out of amounts that hold them. `ordered`: the amounts are those that were ordered, so the
    /// charges lie elsewhere.
    fn without_charges(&self, told: Vec<(Cents, Cents)>, ordered: bool) -> Vec<(Cents, Cents)> {
        let sum: Cents = told.iter().map(|(amount, _)| *amount).sum();
        if sum != self.amount {
            return told;
        }
        let net = |(amount, charge): &(Cents, Cents)| match self.direction {
            Direction::Debit => (*amount - *charge, *charge),
            Direction::Credit => (*amount + *charge, *charge),
        };
        let parts: Vec<_> = told.iter().map(net).collect();
        if ordered || parts.iter().any(|(amount, _)| *amount < Cents::ZERO) {
            return told.into_iter().map(|(amount, _)| (amount, Cents::ZERO)).collect();
        }
        parts
    }
}

fn detail(tx: &Node, (amount, charge): (Cents, Cents), direction: Direction, context: &Context) -> BankDetail {
    let (name, iban) = other_side(tx, direction, context);
    let lines: Vec<&str> = tx.all("RmtInf").flat_map(|told| told.all("Ustrd")).map(|line| line.text.as_str()).collect();
    let text = Some(super::tree::collapse(&lines.join(" "))).filter(|text| !text.is_empty());
    let id = |name: &str| tx.text_at(&[&format!("Refs/{name}")]).filter(|id| id != "NOTPROVIDED");
    let references = references(tx);
    BankDetail {
        line: tx.line,
        amount,
        charge,
        told_charge: charge,
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
