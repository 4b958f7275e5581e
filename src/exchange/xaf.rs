//! The audit file of the Dutch tax office: XML Auditfile Financieel (XAF) 4.0, package 4.0.3, the only version that is
//! accepted from 1 January 2027.
//!
//! Ours is of a sub-ledger, and its header says so: the general ledger is the bookkeeper's. What the schema cannot say
//! is checked first (every reference resolves, every entry balances and lies in a period), then all is written in the
//! order of the schema. Texts are cut to the longest that the schema takes; a name that others refer to never is.

use super::{
    csv::one_line,
    journal::{self, JournalError},
};
use crate::domain::{
    Cents,
    audit_file::{AuditFile, AuditPeriod, JournalKind},
    journal::{JournalEntry, JournalLine, JournalVat},
};
use chrono::NaiveDate;
use quick_xml::{
    Writer,
    events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event},
};
use rust_decimal::{Decimal, RoundingStrategy};
use std::{collections::HashSet, fmt::Display};

/// Namespace of XAF 4.0.
pub const NAMESPACE: &str = "http://www.odb.belastingdienst.nl/Belastingdienst/BCPP/1.1/structures/XmlauditfileXAF_4.0";

/// What follows the name of the program in the header: the schema has no other place to say it.
const SUB_LEDGER: &str = ": subgrootboek verkoop en memoriaal";
/// Longest identifier, in characters.
const LONGEST_ID: usize = 35;

/// Why no audit file was written.
#[derive(Debug, thiserror::Error)]
pub enum XafError {
    /// An entry is wrong in itself.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// Something refers to what the file does not hold.
    #[error("{by} refers to {what} {id}, which the audit file does not hold")]
    Unknown {
        /// Who refers.
        by: String,
        /// To what sort of thing.
        what: &'static str,
        /// By which identifier.
        id: String,
    },
    /// Two things of a sort have the same identifier.
    #[error("there are two of {what} {id}")]
    Twice {
        /// What sort of thing.
        what: &'static str,
        /// The identifier.
        id: String,
    },
    /// An identifier that is empty, or longer than 35 characters.
    #[error("{what} `{id}` is not an identifier of 1 to 35 characters")]
    Identifier {
        /// What sort of thing.
        what: &'static str,
        /// The identifier.
        id: String,
    },
    /// An entry outside the first and last day, or in none of the periods.
    #[error("entry {entry} of {date} is in no period of the audit file")]
    Period {
        /// Number of the entry.
        entry: String,
        /// Its day.
        date: NaiveDate,
    },
    /// The opening balances do not sum to zero.
    #[error("the opening balance is {difference} off")]
    Opening {
        /// Debit less credit.
        difference: Cents,
    },
    /// A value that the schema has no room for.
    #[error("`{value}` is not a {what} that an audit file can hold")]
    Value {
        /// What it should be.
        what: &'static str,
        /// What it is.
        value: String,
    },
    /// The text could not be written.
    #[error("the audit file could not be written")]
    Io(#[from] std::io::Error),
}

/// Writes an audit file.
///
/// # Errors
/// What does not fit: an entry that does not balance or lies in no period, a reference to nothing, an identifier that is
/// too long or there twice, a reference code on two accounts (rule 0003).
///
/// # Panics
/// When a total does not fit an `i64` of cents.
pub fn write(file: &AuditFile) -> Result<String, XafError> {
    journal::check(&file.entries, &file.chart)?;
    check_header(file)?;
    check_identifiers(file)?;
    check_references(file)?;
    let mut xml = Xml(Writer::new_with_indent(Vec::new(), b'\t', 1));
    xml.0.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    xml.0.write_event(Event::Start(BytesStart::new("auditfile").with_attributes([("xmlns", NAMESPACE)])))?;
    header(&mut xml, file)?;
    xml.within("company", |xml| {
        company(xml, file)?;
        masters(xml, file)?;
        opening(xml, file)?;
        transactions(xml, file)
    })?;
    xml.0.write_event(Event::End(BytesEnd::new("auditfile")))?;
    let mut text = String::from_utf8(xml.0.into_inner()).map_err(std::io::Error::other)?;
    text.push('\n');
    Ok(text)
}

/// Whether the header and the company hold what the schema asks for.
fn check_header(file: &AuditFile) -> Result<(), XafError> {
    let year = |text: &str| text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit());
    let fiscal = match file.fiscal_year.split_once('-') {
        Some((first, last)) => year(first) && year(last),
        None => year(&file.fiscal_year),
    };
    let country = file.country.len() == 2 && file.country.bytes().all(|byte| byte.is_ascii_uppercase());
    let value = |what, value: &dyn Display| Err(XafError::Value { what, value: value.to_string() });
    if !fiscal {
        return value("financial year", &file.fiscal_year);
    }
    if file.start > file.end {
        return value("last day", &file.end);
    }
    if !country {
        return value("country", &file.country);
    }
    for (what, text) in [
        ("name of a company", &file.company),
        ("VAT number", &file.vat_number),
        ("name of a program", &file.software),
        ("version of a program", &file.software_version),
    ] {
        if clean(text).is_empty() {
            return value(what, text);
        }
    }
    match file.periods.iter().find(|period| period.number > 999 || period.start > period.end) {
        Some(period) => value("period", &period.number),
        None => Ok(()),
    }
}

/// Whether each identifier fits, and is there once in its list.
fn check_identifiers(file: &AuditFile) -> Result<(), XafError> {
    unique("account", file.chart.iter().map(|each| each.number.clone()))?;
    unique("customer", file.customers.iter().map(|each| each.number.to_string()))?;
    unique("VAT code", file.vat_codes.iter().map(|each| each.code.clone()))?;
    unique("period", file.periods.iter().map(|each| each.number.to_string()))?;
    unique("journal", file.journals.iter().map(|each| each.code.clone()))?;
    unique("entry", file.entries.iter().map(|each| each.number.clone()))?;
    let mut codes = HashSet::new();
    let rgs = file.chart.iter().filter_map(|account| account.rgs.as_ref());
    match rgs.map(|code| clean(code)).find(|code| !code.is_empty() && !codes.insert(code.clone())) {
        Some(id) => Err(XafError::Twice { what: "reference code", id }),
        None => Ok(()),
    }
}

/// Whether each of these is an identifier that is there once.
fn unique(what: &'static str, ids: impl Iterator<Item = String>) -> Result<(), XafError> {
    let mut seen = HashSet::new();
    for id in ids {
        if id.is_empty() || id.chars().count() > LONGEST_ID || clean(&id) != id {
            return Err(XafError::Identifier { what, id });
        }
        if !seen.insert(id.clone()) {
            return Err(XafError::Twice { what, id });
        }
    }
    Ok(())
}

/// Whether everything that is referred to is there. The accounts of entries are checked before.
fn check_references(file: &AuditFile) -> Result<(), XafError> {
    let accounts: HashSet<&str> = file.chart.iter().map(|each| each.number.as_str()).collect();
    let journals: HashSet<&str> = file.journals.iter().map(|each| each.code.as_str()).collect();
    let codes: HashSet<&str> = file.vat_codes.iter().map(|each| each.code.as_str()).collect();
    let customers: HashSet<i64> = file.customers.iter().map(|each| each.number).collect();
    let unknown = |by: String, what, id: &dyn Display| Err(XafError::Unknown { by, what, id: id.to_string() });
    for vat in &file.vat_codes {
        let mut named = vat.to_pay.iter().chain(&vat.to_claim);
        if let Some(account) = named.find(|account| !accounts.contains(account.as_str())) {
            return unknown(format!("VAT code {}", vat.code), "account", account);
        }
    }
    if let Some(line) = file.opening.iter().find(|line| !accounts.contains(line.account.as_str())) {
        return unknown("the opening balance".to_owned(), "account", &line.account);
    }
    let difference: Cents = file.opening.iter().map(|line| line.amount).sum();
    if difference != Cents::ZERO {
        return Err(XafError::Opening { difference });
    }
    for entry in &file.entries {
        let by = format!("entry {}", entry.number);
        period(file, entry)?;
        if !journals.contains(entry.journal.as_str()) {
            return unknown(by, "journal", &entry.journal);
        }
        if let Some((number, _)) = entry.customer.as_ref().filter(|(number, _)| !customers.contains(number)) {
            return unknown(by, "customer", number);
        }
        let mut vats = entry.lines.iter().filter_map(|line| line.vat.as_ref());
        if let Some(vat) = vats.find(|vat| !codes.contains(vat.code.as_str())) {
            return unknown(by, "VAT code", &vat.code);
        }
    }
    Ok(())
}

/// The period that an entry is in.
fn period<'a>(file: &'a AuditFile, entry: &JournalEntry) -> Result<&'a AuditPeriod, XafError> {
    let date = entry.date;
    let within = (file.start..=file.end).contains(&date);
    let found = file.periods.iter().find(|period| within && (period.start..=period.end).contains(&date));
    found.ok_or_else(|| XafError::Period { entry: entry.number.clone(), date })
}

fn header(xml: &mut Xml, file: &AuditFile) -> Result<(), XafError> {
    let name = cut(&clean(&file.software), 50 - SUB_LEDGER.len());
    xml.within("header", |xml| {
        xml.leaf("fiscalYear", &file.fiscal_year)?;
        xml.leaf("startDate", file.start)?;
        xml.leaf("endDate", file.end)?;
        xml.leaf("curCode", "EUR")?;
        xml.leaf("dateCreated", file.created_on)?;
        xml.leaf("softwareDesc", format!("{name}{SUB_LEDGER}"))?;
        xml.text("softwareVersion", &file.software_version, 20)?;
        xml.optional("RGSVersion", file.rgs_version.as_deref(), 20)
    })
}

fn company(xml: &mut Xml, file: &AuditFile) -> Result<(), XafError> {
    xml.optional("Commercenr", file.registration.as_deref(), 100)?;
    xml.text("companyName", &file.company, 255)?;
    xml.leaf("taxRegistrationCountry", &file.country)?;
    xml.text("taxRegIdent", &file.vat_number, 30)
}

/// What the entries refer to: customers, accounts, VAT codes and periods. A list of nothing is left out.
fn masters(xml: &mut Xml, file: &AuditFile) -> Result<(), XafError> {
    xml.list("customersSuppliers", "customerSupplier", &file.customers, |xml, customer| {
        xml.leaf("custSupID", customer.number)?;
        xml.optional("custSupName", Some(&customer.name), 50)?;
        xml.leaf("custSupTp", "C")
    })?;
    xml.list("generalLedger", "ledgerAccount", &file.chart, |xml, account| {
        xml.leaf("accID", &account.number)?;
        xml.named("accDesc", &account.name, &account.number, 255)?;
        xml.leaf("accTp", if account.balance_sheet { "B" } else { "P" })?;
        xml.optional("RGScode", account.rgs.as_deref(), 255)
    })?;
    xml.list("vatCodes", "vatCode", &file.vat_codes, |xml, vat| {
        xml.leaf("vatID", &vat.code)?;
        xml.named("vatDesc", &vat.description, &vat.code, 100)?;
        xml.optional("vatToPayAccID", vat.to_pay.as_deref(), LONGEST_ID)?;
        xml.optional("vatToClaimAccID", vat.to_claim.as_deref(), LONGEST_ID)
    })?;
    xml.list("periods", "period", &file.periods, |xml, period| {
        xml.leaf("periodNumber", period.number)?;
        xml.leaf("startDatePeriod", period.start)?;
        xml.leaf("endDatePeriod", period.end)
    })
}

/// The opening balance; without lines it says that this ledger opened with nothing.
fn opening(xml: &mut Xml, file: &AuditFile) -> Result<(), XafError> {
    xml.within("openingBalance", |xml| {
        xml.totals(file.opening.iter().map(|line| line.amount))?;
        for (index, line) in file.opening.iter().enumerate() {
            xml.within("obLine", |xml| {
                xml.leaf("nr", index + 1)?;
                xml.leaf("accID", &line.account)?;
                xml.amount("amnt", line.amount)
            })?;
        }
        Ok(())
    })
}

fn transactions(xml: &mut Xml, file: &AuditFile) -> Result<(), XafError> {
    xml.within("transactions", |xml| {
        xml.totals(file.entries.iter().flat_map(|entry| &entry.lines).map(|line| line.amount))?;
        for journal in &file.journals {
            xml.within("journal", |xml| {
                xml.leaf("jrnID", &journal.code)?;
                xml.named("desc", &journal.name, &journal.code, usize::MAX)?;
                xml.leaf("jrnTp", if journal.kind == JournalKind::Sales { "S" } else { "M" })?;
                let own = file.entries.iter().filter(|entry| entry.journal == journal.code);
                own.into_iter().try_for_each(|entry| transaction(xml, file, entry))
            })?;
        }
        Ok(())
    })
}

fn transaction(xml: &mut Xml, file: &AuditFile, entry: &JournalEntry) -> Result<(), XafError> {
    let period = period(file, entry)?;
    xml.within("transaction", |xml| {
        xml.leaf("nr", &entry.number)?;
        xml.optional("desc", Some(&entry.description), usize::MAX)?;
        xml.leaf("periodNumber", period.number)?;
        xml.leaf("trDt", entry.date)?;
        xml.text("Source", &file.software, 999)?;
        xml.optional("User", entry.user.as_deref(), 999)?;
        entry.lines.iter().enumerate().try_for_each(|(index, line)| self::line(xml, entry, index + 1, line))
    })
}

/// A line. Only where VAT is taken of it is it dated as a supply or a prepayment, and does it carry the VAT.
fn line(xml: &mut Xml, entry: &JournalEntry, number: usize, line: &JournalLine) -> Result<(), XafError> {
    xml.within("trLine", |xml| {
        xml.leaf("nr", number)?;
        xml.leaf("accID", &line.account)?;
        xml.named("docRef", entry.document.as_deref().unwrap_or_default(), &entry.number, 255)?;
        xml.leaf("effDate", entry.date)?;
        if line.vat.is_some() {
            xml.leaf("settDate", entry.date)?;
        }
        xml.optional("desc", Some(&entry.description), usize::MAX)?;
        xml.amount("amnt", line.amount)?;
        if let Some((customer, _)) = entry.customer {
            xml.leaf("custSupID", customer)?;
        }
        xml.optional("invRef", entry.document.as_deref(), 255)?;
        line.vat.as_ref().map_or(Ok(()), |vat| vat_of(xml, line.amount, vat))
    })
}

/// The VAT of a line. VAT of nothing stands on the side of its line.
fn vat_of(xml: &mut Xml, of: Cents, vat: &JournalVat) -> Result<(), XafError> {
    let rate = vat.rate.round_dp_with_strategy(3, RoundingStrategy::MidpointAwayFromZero).normalize();
    if rate.is_sign_negative() || rate >= Decimal::from(100_000) {
        return Err(XafError::Value { what: "VAT rate", value: vat.rate.to_string() });
    }
    let side = if vat.amount == Cents::ZERO { side(of) } else { side(vat.amount) };
    xml.within("vat", |xml| {
        xml.leaf("vatID", &vat.code)?;
        xml.leaf("vatPerc", rate)?;
        xml.leaf("vatAmnt", size(vat.amount))?;
        xml.leaf("vatAmntTp", side)
    })
}

/// `D` for debit, `C` for credit.
const fn side(amount: Cents) -> &'static str {
    if amount.0 < 0 { "C" } else { "D" }
}

/// The amount without its sign: `968.00`.
fn size(amount: Cents) -> String {
    let all = amount.0.unsigned_abs();
    format!("{}.{:02}", all / 100, all % 100)
}

/// The text without what XML 1.0 cannot hold, on one line, without blanks around it.
fn clean(text: &str) -> String {
    let kept = |each: &char| !matches!(each, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}');
    one_line(&text.chars().filter(kept).collect::<String>()).trim().to_owned()
}

/// The first characters of a text, as the schema counts them; no blanks at the end.
fn cut(text: &str, longest: usize) -> String {
    text.chars().take(longest).collect::<String>().trim_end().to_owned()
}

/// An XML text in the making.
struct Xml(Writer<Vec<u8>>);

impl Xml {
    /// An element with others in it.
    fn within(&mut self, name: &str, fill: impl FnOnce(&mut Self) -> Result<(), XafError>) -> Result<(), XafError> {
        self.0.write_event(Event::Start(BytesStart::new(name)))?;
        fill(self)?;
        Ok(self.0.write_event(Event::End(BytesEnd::new(name)))?)
    }

    /// An element of a list of elements of one name; nothing for an empty list.
    fn list<T>(
        &mut self,
        name: &str,
        each: &str,
        items: &[T],
        mut fill: impl FnMut(&mut Self, &T) -> Result<(), XafError>,
    ) -> Result<(), XafError> {
        if items.is_empty() {
            return Ok(());
        }
        self.within(name, |xml| items.iter().try_for_each(|item| xml.within(each, |xml| fill(xml, item))))
    }

    /// An element of a value that needs no cleaning.
    fn leaf(&mut self, name: &str, value: impl Display) -> Result<(), XafError> {
        self.0.create_element(name).write_text_content(BytesText::new(&value.to_string()))?;
        Ok(())
    }

    /// An element of a text, cleaned and cut.
    fn text(&mut self, name: &str, text: &str, longest: usize) -> Result<(), XafError> {
        self.leaf(name, cut(&clean(text), longest))
    }

    /// As [`Self::text`], with another text where the first is empty.
    fn named(&mut self, name: &str, text: &str, otherwise: &str, longest: usize) -> Result<(), XafError> {
        let text = clean(text);
        self.text(name, if text.is_empty() { otherwise } else { &text }, longest)
    }

    /// As [`Self::text`], left out where it is empty.
    fn optional(&mut self, name: &str, text: Option<&str>, longest: usize) -> Result<(), XafError> {
        let text = text.map(clean).unwrap_or_default();
        if text.is_empty() { Ok(()) } else { self.text(name, &text, longest) }
    }

    /// An amount and its side.
    fn amount(&mut self, name: &str, amount: Cents) -> Result<(), XafError> {
        self.leaf(name, size(amount))?;
        self.leaf("amntTp", side(amount))
    }

    /// The control totals of lines: how many, debit and credit (rules 0004 to 0009).
    fn totals(&mut self, amounts: impl Iterator<Item = Cents> + Clone) -> Result<(), XafError> {
        let debit: Cents = amounts.clone().filter(|amount| amount.0 > 0).sum();
        let credit: Cents = amounts.clone().filter(|amount| amount.0 < 0).sum();
        self.leaf("linesCount", amounts.count())?;
        self.leaf("totalDebit", size(debit))?;
        self.leaf("totalCredit", size(credit))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::audit_file::{AuditCustomer, AuditJournal, AuditVatCode, OpeningBalance},
        exchange::golden_journals::{chart, day, entries, keep},
    };

    /// The golden journals as an audit file of 2026.
    fn golden() -> AuditFile {
        let journal =
            |code: &str, name: &str, kind| AuditJournal { code: code.to_owned(), name: name.to_owned(), kind };
        AuditFile {
            company: "Strippenkaart Demo B.V.".to_owned(),
            registration: Some("12345678".to_owned()),
            country: "NL".to_owned(),
            vat_number: "NL123456782B01".to_owned(),
            fiscal_year: "2026".to_owned(),
            start: day(2026, 1, 1),
            end: day(2026, 12, 31),
            created_on: day(2027, 1, 4),
            software: "Strippenkaart".to_owned(),
            software_version: "0.1.0".to_owned(),
            rgs_version: None,
            chart: chart(),
            customers: vec![AuditCustomer { number: 1001, name: "Bakkerij Bäcker & Zn.".to_owned() }],
            vat_codes: vec![AuditVatCode {
                code: "H".to_owned(),
                description: "Btw hoog 21 %".to_owned(),
                to_pay: Some("1500".to_owned()),
                to_claim: None,
            }],
            periods: AuditPeriod::months(day(2026, 1, 1), day(2026, 12, 31)),
            opening: Vec::new(),
            journals: vec![
                journal("VRK", "Verkoop", JournalKind::Sales),
                journal("MEM", "Memoriaal", JournalKind::Memo),
            ],
            entries: entries(),
        }
    }

    /// What is in every element of a name, in order.
    fn texts<'a>(xml: &'a str, name: &str) -> Vec<&'a str> {
        let (open, close) = (format!("<{name}>"), format!("</{name}>"));
        let inner = |part: &'a str| part.split_once(close.as_str()).map(|(inner, _)| inner);
        xml.split(open.as_str()).skip(1).filter_map(inner).collect()
    }

    #[test]
    fn golden_journals_add_up() {
        let xml = write(&golden()).unwrap();
        keep("golden.xaf", xml.as_bytes());
        assert_eq!(xml, write(&golden()).unwrap(), "the same input, the same text");
        assert_eq!(texts(&xml, "linesCount"), ["0", "21"]);
        assert_eq!(texts(&xml, "totalDebit"), ["0.00", "4543.23"]);
        assert_eq!(texts(&xml, "totalCredit"), ["0.00", "4543.23"]);
        assert_eq!(texts(&xml, "jrnTp"), ["S", "M"]);
        assert_eq!(texts(&xml, "softwareDesc"), ["Strippenkaart: subgrootboek verkoop en memoriaal"]);
        for transaction in texts(&xml, "transaction") {
            let cents = |text: &&str| text.parse::<Cents>().unwrap();
            let amounts = texts(transaction, "amnt");
            let sides = texts(transaction, "amntTp");
            let of = |side: &str| -> Cents {
                amounts.iter().zip(&sides).filter(|(_, each)| **each == side).map(|(amount, _)| cents(amount)).sum()
            };
            assert_eq!(of("D"), of("C"));
        }
    }

    #[test]
    fn vat_stands_on_the_line_it_is_taken_of() {
        let xml = write(&golden()).unwrap();
        let with_vat: Vec<_> = texts(&xml, "trLine")
            .into_iter()
            .filter(|line| line.contains("<vat>"))
            .map(|line| (texts(line, "accID")[0], texts(line, "vatAmnt")[0], texts(line, "vatAmntTp")[0]))
            .collect();
        assert_eq!(with_vat, [("1700", "168.00", "C"), ("8010", "17.33", "C"), ("1700", "113.40", "D")]);
        assert_eq!(texts(&xml, "settDate"), ["2026-03-02", "2026-04-01", "2026-12-31"]);
        assert_eq!(texts(&xml, "vatPerc"), ["21"; 3]);
    }

    #[test]
    fn one_transaction_in_the_order_of_the_schema() {
        let xml = write(&golden()).unwrap();
        let lines: String = texts(&xml, "transaction")[0].lines().map(str::trim).collect();
        let start = "<nr>VRK-2026-00042</nr><desc>Strippenkaart 10 uur</desc><periodNumber>3</periodNumber>\
            <trDt>2026-03-02</trDt><Source>Strippenkaart</Source><User>m.jansen</User>\
            <trLine><nr>1</nr><accID>1300</accID><docRef>F2026-00042</docRef><effDate>2026-03-02</effDate>\
            <desc>Strippenkaart 10 uur</desc><amnt>968.00</amnt><amntTp>D</amntTp><custSupID>1001</custSupID>\
            <invRef>F2026-00042</invRef></trLine>\
            <trLine><nr>2</nr><accID>1700</accID><docRef>F2026-00042</docRef><effDate>2026-03-02</effDate>\
            <settDate>2026-03-02</settDate><desc>Strippenkaart 10 uur</desc><amnt>800.00</amnt><amntTp>C</amntTp>\
            <custSupID>1001</custSupID><invRef>F2026-00042</invRef><vat><vatID>H</vatID><vatPerc>21</vatPerc>\
            <vatAmnt>168.00</vatAmnt><vatAmntTp>C</vatAmntTp></vat></trLine>";
        assert!(lines.starts_with(start), "{lines}");
    }

    #[test]
    fn hostile_texts_stay_text_and_are_cut() {
        let mut file = golden();
        let hostile = "A\0\u{b}\u{1f}\u{fffe}\u{ffff}</transactions>&\"'\r\n\u{1f600}]]>";
        file.customers[0].name = format!("{hostile}{}", "\u{eb}".repeat(60));
        file.company = format!("{hostile}{}", "\u{1f600}".repeat(300));
        file.software = "Strippenkaart met een lange naam".to_owned();
        file.software_version = "1.0.0+0123456789abcdef0123".to_owned();
        file.entries[0].description = hostile.to_owned();
        file.entries[0].user = Some(" \0 ".to_owned());
        file.entries[3].document = Some("D".repeat(300));
        file.opening = [("1100", 5_000), ("1300", 7_550), ("1700", -12_550)]
            .map(|(account, cents)| OpeningBalance { account: account.to_owned(), amount: Cents(cents) })
            .to_vec();
        file.chart[0].rgs = Some("BLimBanRba".to_owned());
        file.rgs_version = Some("3.7".to_owned());
        let xml = write(&file).unwrap();
        keep("hostile.xaf", xml.as_bytes());
        let kept = "A&lt;/transactions&gt;&amp;&quot;&apos; \u{1f600}]]&gt;";
        assert_eq!(texts(texts(&xml, "transaction")[0], "desc")[0], kept);
        let name = texts(&xml, "custSupName")[0];
        assert_eq!(quick_xml::escape::unescape(name).unwrap().chars().count(), 50);
        assert_eq!(quick_xml::escape::unescape(texts(&xml, "companyName")[0]).unwrap().chars().count(), 255);
        assert_eq!(texts(&xml, "softwareDesc")[0].chars().count(), 50);
        assert!(!texts(&xml, "transaction")[0].contains("<User>"));
        assert_eq!(texts(&xml, "linesCount"), ["3", "21"]);
        assert_eq!(texts(&xml, "totalDebit")[0], "125.50");
    }

    #[test]
    fn a_file_of_nothing_is_a_file() {
        let file = AuditFile { entries: Vec::new(), customers: Vec::new(), ..golden() };
        let xml = write(&file).unwrap();
        keep("nothing.xaf", xml.as_bytes());
        assert_eq!(texts(&xml, "totalDebit"), ["0.00", "0.00"]);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        type Change = fn(&mut AuditFile);
        let table: [(Change, &str); 16] = [
            (
                |file| file.entries[1].lines[0].amount = Cents(1),
                "entry MEM-2026-00001 does not balance: it is -967.99 off",
            ),
            (|file| file.customers.clear(), "entry VRK-2026-00042 refers to customer 1001, which"),
            (|file| file.vat_codes.clear(), "entry VRK-2026-00042 refers to VAT code H, which"),
            (|file| file.journals.truncate(1), "entry MEM-2026-00001 refers to journal MEM, which"),
            (|file| file.vat_codes[0].to_pay = Some("1599".into()), "VAT code H refers to account 1599, which"),
            (|file| file.periods.truncate(3), "entry VRK-2026-00044 of 2026-04-01 is in no period"),
            (|file| file.end = day(2026, 12, 30), "entry MEM-2026-00005 of 2026-12-31 is in no period"),
            (|file| file.chart[1].number = "1100".into(), "entry VRK-2026-00042 is on account 1300, which is not"),
            (|file| file.chart.push(file.chart[0].clone()), "there are two of account 1100"),
            (|file| file.entries[0].number = "x".repeat(36), "entry `xxxx"),
            (|file| file.entries[0].number = "a\0b".into(), "entry `a"),
            (|file| file.fiscal_year = "26".into(), "`26` is not a financial year"),
            (|file| file.country = "Nederland".into(), "`Nederland` is not a country"),
            (|file| file.vat_number.clear(), "`` is not a VAT number"),
            (
                |file| file.chart.iter_mut().for_each(|each| each.rgs = Some("B".into())),
                "there are two of reference code B",
            ),
            (
                |file| file.opening = vec![OpeningBalance { account: "1300".into(), amount: Cents(5) }],
                "the opening balance is 0.05 off",
            ),
        ];
        for (change, message) in table {
            let mut file = golden();
            change(&mut file);
            let refused = write(&file).unwrap_err().to_string();
            assert!(refused.starts_with(message), "{refused} / {message}");
        }
        let mut file = golden();
        let rate = |file: &mut AuditFile, rate| file.entries[0].lines[1].vat.as_mut().unwrap().rate = rate;
        rate(&mut file, Decimal::from(-1));
        assert_eq!(write(&file).unwrap_err().to_string(), "`-1` is not a VAT rate that an audit file can hold");
        rate(&mut file, Decimal::new(212_345, 4));
        assert!(write(&file).unwrap().contains("<vatPerc>21.235</vatPerc>"));
    }
}
