//! Whether the books and the bank agree (BANK-4): per own account, an equation for every statement, and what the ledger
//! posted against what the lines say.

use crate::domain::{
    BankFileId, BankLineId, Cents, Doing,
    bank_statement::Statement,
    closing::{About, BookMonth, Example, Finding, FindingKind},
    matching::{BankLine, LineState},
    reading::STATED_WITHIN_DAYS,
    reconciliation::{DayMoved, Equation, Explanation, FirstBalance, Suspect, equations, first_balance},
};
use crate::service::access::Caller;
use crate::service::{Error, FieldError, Result, Service};
use crate::store::Statements;
use crate::store::bank;
use chrono::{Days, NaiveDate};
use std::collections::{BTreeMap, BTreeSet};

/// How one of our accounts stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountCheck {
    /// Its IBAN.
    pub account: String,
    /// What it stood at in the beginning; none where no statement tells it and nobody recorded it.
    pub first: Option<FirstBalance>,
    /// What the statements told since, by what became of it.
    pub moved: DayMoved,
    /// The equations of its statements, by day.
    pub equations: Vec<Equation>,
    /// What the ledger posted on the bank for lines of this account.
    pub posted: Cents,
    /// Booked lines of this account: what they should have posted.
    pub booked: Cents,
    /// Of that, lines that were announced and that no statement told yet.
    pub announced: Cents,
    /// Lines that were announced long ago, and that no statement told: "not stated" (BANK-3).
    pub not_stated: Vec<BankLine>,
    /// Lines that could explain a difference.
    pub suspects: Vec<BankLine>,
}

impl AccountCheck {
    /// The statements that do not agree.
    pub fn differing(&self) -> impl Iterator<Item = &Equation> {
        self.equations.iter().filter(|row| row.difference() != Cents::ZERO)
    }

    /// Whether everything agrees.
    #[must_use]
    pub fn agrees(&self) -> bool {
        self.differing().next().is_none() && self.posted == self.booked
    }

    /// The line that an explanation names.
    #[must_use]
    pub fn suspect(&self, id: BankLineId) -> Option<&BankLine> {
        self.suspects.iter().find(|line| line.id == id)
    }
}

/// How all our accounts stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BankCheck {
    /// By account.
    pub accounts: Vec<AccountCheck>,
    /// Payments that finance recorded as received at the bank, and that no line proves: how many.
    pub by_hand: i64,
    /// Their sum, and that of everything else that was posted on the bank without a line.
    pub by_hand_posted: Cents,
}

impl BankCheck {
    /// Whether everything agrees.
    #[must_use]
    pub fn agrees(&self) -> bool {
        self.accounts.iter().all(AccountCheck::agrees)
    }

    /// Where it does not agree: how many statements, and accounts of which the ledger posted something else.
    #[must_use]
    pub fn differing(&self) -> i64 {
        let posted = self.accounts.iter().filter(|account| account.posted != account.booked).count();
        i64::try_from(self.differences().count() + posted).unwrap_or(i64::MAX)
    }

    /// Statements that differ, with their account and day.
    pub fn differences(&self) -> impl Iterator<Item = (&AccountCheck, &Equation)> {
        self.accounts.iter().flat_map(|account| account.differing().map(move |row| (account, row)))
    }
}

/// How accounts stand: of all that have statements, on one snapshot.
pub(in crate::service) async fn check_bank(on: &mut impl Statements, today: NaiveDate) -> Result<BankCheck> {
    let mut accounts = Vec::new();
    for account in bank::accounts(on).await? {
        accounts.push(check_account(on, account, today).await?);
    }
    let (by_hand, by_hand_posted) = bank::posted_by_hand(on).await?;
    Ok(BankCheck { accounts, by_hand, by_hand_posted })
}

async fn check_account(on: &mut impl Statements, account: String, today: NaiveDate) -> Result<AccountCheck> {
    let statements: Vec<Statement> = bank::statements_of(on, &account).await?;
    let recorded = bank::first_balance(on, &account).await?;
    let first = recorded.or_else(|| first_balance(&statements));
    let mut days: BTreeMap<NaiveDate, DayMoved> = BTreeMap::new();
    for (day, state, effect) in bank::moved(on, &account).await? {
        let row = days.entry(day).or_default();
        match state {
            LineState::Booked => row.booked += effect,
            LineState::Outside | LineState::SetAside => row.outside += effect,
            LineState::New | LineState::Open => row.waiting += effect,
            LineState::Again => {}
        }
    }
    let mut moved = DayMoved::default();
    for (_, row) in days.range(first.map_or(NaiveDate::MIN, |first| first.day)..) {
        moved += *row;
    }
    let lines = bank::suspects(on, &account).await?;
    let suspects: Vec<Suspect> = lines
        .iter()
        .map(|line| Suspect { line: line.id, day: line.stated_on.unwrap_or(line.booked_on), effect: line.effect() })
        .collect();
    let equations = first.map_or_else(Vec::new, |first| equations(first, &statements, &days, &suspects));
    let named: BTreeSet<BankLineId> = equations
        .iter()
        .flat_map(|row| &row.explanations)
        .filter_map(|explanation| match explanation {
            Explanation::Line(line) => Some(*line),
            Explanation::Gap { .. } => None,
        })
        .collect();
    let (posted, booked, announced) = bank::posted(on, &account).await?;
    let long_ago = today.checked_sub_days(Days::new(STATED_WITHIN_DAYS)).unwrap_or(today);
    Ok(AccountCheck {
        first,
        moved,
        equations,
        posted,
        booked,
        announced,
        not_stated: bank::not_stated(on, &account, long_ago).await?,
        suspects: lines.into_iter().filter(|line| named.contains(&line.id)).collect(),
        account,
    })
}

impl Service {
    /// Whether the books and the bank agree (BANK-4): for finance.
    ///
    /// # Errors
    /// Forbidden for others.
    pub async fn check_bank(&self, caller: &Caller) -> Result<BankCheck> {
        caller.may(Doing::KeepBooks)?;
        let mut on = self.db.snapshot().await?;
        check_bank(&mut on, self.policies.day(self.clock.now())).await
    }

    /// Records what an account stood at before its first day (BANK-4), once; the same again changes nothing. For finance.
    ///
    /// # Errors
    /// Forbidden for others; a field error where it was recorded before, or where a statement that is known tells another
    /// balance for that day.
    pub async fn record_first_balance(
        &self,
        caller: &Caller,
        account: &str,
        (day, amount): (NaiveDate, Cents),
    ) -> Result<FirstBalance> {
        let actor = caller.may(Doing::KeepBooks)?;
        let fault = |field: &str, expected: &str| {
            Error::Fields(vec![FieldError { field: field.to_owned(), expected: expected.to_owned() }])
        };
        if !self.own_accounts().contains(account) && !self.own_accounts().is_empty() {
            return Err(fault("account", "expected an account of ours"));
        }
        let mut tx = self.db.begin().await?;
        let told = bank::statements_of(&mut tx, account).await?;
        let other = told.iter().find(|row| row.from_day == day && row.opening.is_some() && row.opening != Some(amount));
        if other.is_some() {
            return Err(fault("amount", "expected the balance with which the statement of that day opens"));
        }
        // Later, it would hide what does not agree before it.
        let first = told.iter().filter(|row| row.opening.is_some()).map(|row| row.from_day).min();
        if day > first.unwrap_or_else(|| self.policies.day(self.clock.now())) {
            return Err(fault("day", "expected the day with which the first statement opens, or one before it"));
        }
        let recorded = bank::first_balance(&mut tx, account).await?;
        if let Some(same) = recorded.filter(|first| (first.day, first.amount) == (day, amount)) {
            return Ok(same);
        }
        if !bank::record_first(&mut tx, (account, day, amount), (self.clock.now(), actor.user())).await? {
            return Err(fault("account", "expected an account whose first balance was not recorded yet"));
        }
        tx.commit().await?;
        Ok(FirstBalance { day, amount, recorded: true })
    }

    /// The bytes of a file of the bank as they were kept, unpacked, with its name: for finance.
    ///
    /// # Errors
    /// Forbidden for others; not found, also where a file came before bytes were kept.
    pub async fn bank_file_bytes(&self, caller: &Caller, id: BankFileId) -> Result<(String, Vec<u8>)> {
        caller.may(Doing::KeepBooks)?;
        let mut on = self.db.reader().await?;
        let (name, member) = super::kept::kept(&mut on, id).await?.ok_or(Error::NotFound("bank file"))?;
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut member.reader(), &mut bytes).map_err(|_| super::Failure::Broken)?;
        Ok((name, bytes))
    }
}

/// What of a month does not agree, for its closing: statements with which a difference began (BANK-4). One of a month that is
/// closed already stops nothing.
pub(crate) async fn finding_of_month(on: &mut impl Statements, month: BookMonth, today: NaiveDate) -> Result<Finding> {
    let check = check_bank(on, today).await?;
    let of_month = |row: &&Equation| row.is_new() && (month.first()..=month.last()).contains(&row.day);
    let found: Vec<(&AccountCheck, &Equation)> = check
        .accounts
        .iter()
        .flat_map(|account| account.equations.iter().filter(of_month).map(move |row| (account, row)))
        .collect();
    let example = |(account, row): &(&AccountCheck, &Equation)| Example {
        about: About::BankStatement,
        id: row.statement.into(),
        text: format!("{} {}", account.account, row.told_id),
        day: Some(row.day),
        amount: Some(row.new_difference()),
        minutes: None,
    };
    let examples = found.iter().take(3).map(example).collect();
    let count = i64::try_from(found.len()).unwrap_or(i64::MAX);
    Ok(Finding { kind: FindingKind::BankDifferences, count, examples })
}
