//! The account of one customer: documents, money in and money out over any period (PAY-5), free for the customer itself
//! (KEEP-2).

use super::{FileOut, cannot, journal::XLSX};
use crate::domain::{Cents, Customer, CustomerId, Locale, PaymentMethod};
use crate::exchange::sheet::{Cell, Column, Kind, Sheet, Totals};
use crate::service::access::Caller;
use crate::service::{Error, Result, Service};
use crate::store::{
    customers,
    exports::{self, AccountLine, AccountLineKind},
};
use chrono::{Months, NaiveDate};

/// How many months are told when nobody says how many (PAY-5).
const MONTHS: u32 = 24;

/// The account of a customer over a period.
#[derive(Clone, Debug, PartialEq)]
pub struct Account {
    /// Whose.
    pub customer: Customer,
    /// First day.
    pub from: NaiveDate,
    /// Last day.
    pub to: NaiveDate,
    /// What the customer owed before the first day; negative where it had money with us.
    pub opening: Cents,
    /// What happened, by day.
    pub lines: Vec<AccountLine>,
}

impl Account {
    /// What the customer owes at the end of the last day.
    #[must_use]
    pub fn closing(&self) -> Cents {
        self.opening + self.lines.iter().map(|line| line.amount).sum()
    }
}

impl Service {
    /// The account of a customer, for staff and for itself; two years until today when not told.
    ///
    /// # Errors
    /// Not found for somebody else's; a first day after the last one.
    pub async fn account(
        &self,
        caller: &Caller,
        id: CustomerId,
        (from, to): (Option<NaiveDate>, Option<NaiveDate>),
    ) -> Result<Account> {
        caller.see(id)?;
        let to = to.unwrap_or_else(|| self.policies.day(self.clock.now()));
        let from = from.or_else(|| to.checked_sub_months(Months::new(MONTHS))).unwrap_or(to);
        if from > to {
            return Err(super::fault("from", "expected a day that is not after the last one"));
        }
        let mut on = self.db.snapshot().await?;
        let customer = customers::get(&mut on, id).await?.ok_or(Error::NotFound("customer"))?;
        let all = exports::account_of(&mut on, id).await?;
        let opening = all.iter().filter(|line| line.day < from).map(|line| line.amount).sum();
        let lines = all.into_iter().filter(|line| (from..=to).contains(&line.day)).collect();
        Ok(Account { customer, from, to, opening, lines })
    }

    /// The same as a spreadsheet, in the language of the customer.
    ///
    /// # Errors
    /// As [`Service::account`].
    pub async fn account_file(
        &self,
        caller: &Caller,
        id: CustomerId,
        days: (Option<NaiveDate>, Option<NaiveDate>),
    ) -> Result<FileOut> {
        let account = self.account(caller, id, days).await?;
        let bytes = sheet(&account).to_xlsx(account.to).map_err(cannot)?;
        let name = format!("rekening-{}-{}-{}.xlsx", account.customer.number, account.from, account.to);
        Ok(FileOut { name, media_type: XLSX.to_owned(), bytes })
    }
}

/// The account as a table: debit is what the customer owes more, credit what it owes less.
fn sheet(account: &Account) -> Sheet {
    let dutch = account.customer.locale == Locale::Nl;
    let say = |nl: &'static str, en: &'static str| if dutch { nl } else { en };
    let columns = [
        (say("Datum", "Date"), Kind::Date, 12),
        (say("Document", "Document"), Kind::Text, 18),
        (say("Wat", "What"), Kind::Text, 18),
        (say("Wijze", "Method"), Kind::Text, 22),
        (say("Toelichting", "Note"), Kind::Text, 40),
        (say("Debet", "Debit"), Kind::Amount, 13),
        (say("Credit", "Credit"), Kind::Amount, 13),
        (say("Saldo", "Balance"), Kind::Amount, 13),
    ];
    let mut balance = account.opening;
    let (debit, credit) = sides(account.opening);
    let opening = say("Beginsaldo", "Opening balance").into();
    let mut rows =
        vec![vec![account.from.into(), Cell::Empty, opening, Cell::Empty, Cell::Empty, debit, credit, balance.into()]];
    for line in &account.lines {
        balance += line.amount;
        let (debit, credit) = sides(line.amount);
        rows.push(vec![
            line.day.into(),
            line.document.as_str().into(),
            what(line.kind, dutch).into(),
            line.method.map(|method| how(method, dutch)).into(),
            line.note.as_deref().into(),
            debit,
            credit,
            balance.into(),
        ]);
    }
    Sheet {
        name: say("Rekening", "Account").to_owned(),
        columns: columns.into_iter().map(|(title, kind, width)| Column::new(title, kind, width)).collect(),
        rows,
        totals: Some(Totals { label: say("Totaal", "Total").to_owned(), columns: vec![5, 6], check: None }),
    }
}

/// An amount as debit and credit; neither is negative.
fn sides(amount: Cents) -> (Cell, Cell) {
    match amount {
        Cents::ZERO => (Cell::Empty, Cell::Empty),
        owed if owed > Cents::ZERO => (owed.into(), Cell::Empty),
        less => (Cell::Empty, (Cents::ZERO - less).into()),
    }
}

const fn what(kind: AccountLineKind, dutch: bool) -> &'static str {
    match (kind, dutch) {
        (AccountLineKind::Invoice, true) => "Factuur",
        (AccountLineKind::Invoice, false) => "Invoice",
        (AccountLineKind::CreditNote, true) => "Creditfactuur",
        (AccountLineKind::CreditNote, false) => "Credit note",
        (AccountLineKind::Payment, true) => "Betaling",
        (AccountLineKind::Payment, false) => "Payment",
        (AccountLineKind::Reversal, true) => "Stornering",
        (AccountLineKind::Reversal, false) => "Reversal",
        (AccountLineKind::Repayment, true) => "Terugbetaling",
        (AccountLineKind::Repayment, false) => "Repayment",
    }
}

const fn how(method: PaymentMethod, dutch: bool) -> &'static str {
    match (method, dutch) {
        (PaymentMethod::Bank, true) => "overboeking",
        (PaymentMethod::Bank, false) => "bank transfer",
        (PaymentMethod::DirectDebit, true) => "automatische incasso",
        (PaymentMethod::DirectDebit, false) => "direct debit",
        (PaymentMethod::Other, true) => "anders",
        (PaymentMethod::Other, false) => "otherwise",
    }
}
