//! How each type of the domain is stored: as a text or a number, said once here for both databases. An unknown text
//! fails the decode with the domain's own error.

use super::db::Query;
use crate::domain::{
    Account, AddOnId, AllocationId, AllocationKind, ArrearsEventId, ArrearsEventKind, AskedVia, BankCostId, BankFileId,
    BankLineId, Basis, Billing, CardId, Cents, Channel, ClosingId, CollectionId, CommandId, ConsentId, ContactId,
    Cover, CoverageId, CoveredBy, CustomerId, Due, EstimateId, EstimateStatus, InstallationId, Intake, InvoiceId,
    InvoiceLine, Locale, MandateId, Minutes, MissingField, MoneyAccount, NoticeId, NoticeKind, Origin, Pauses,
    PaymentId, PaymentMethod, ReversalId, Role, Series, TicketEventId, TicketEventKind, TicketId, TicketKind,
    TicketStatus, TimeEntryId, TransactionId, TransactionKind, UnmatchedId, UnmatchedKind, Urgency, UserId, WorkScope,
    bank::{BankFileKind, Direction, Scheme, Sequence},
    charge::{Arithmetic, Weighted},
    document::{DocumentKind, VatTotal},
    estimate::AnswerVia,
    invoice::Facts,
    policy::{Bilingual, Per},
};
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde_json::Value;
use sqlx::{Decode, Encode, Postgres, Sqlite, Type};

pub(super) type Fault = Box<dyn std::error::Error + Send + Sync>;

/// What both databases can hold: a text, a number, or nothing.
pub trait Raw:
    Type<Sqlite>
    + Type<Postgres>
    + for<'r> Decode<'r, Sqlite>
    + for<'r> Decode<'r, Postgres>
    + for<'q> Encode<'q, Sqlite>
    + for<'q> Encode<'q, Postgres>
    + Into<Value>
    + Send
    + 'static
{
    /// Binds it to a statement.
    fn add_to(self, query: &mut Query<'_>)
    where
        Self: Sized,
    {
        query.add(self);
    }
}
impl Raw for i64 {}
impl Raw for String {}
impl Raw for Option<i64> {}
impl Raw for Option<String> {}

/// A type that a column can hold.
#[diagnostic::on_unimplemented(message = "`{Self}` cannot be stored", note = "say how in store/columns.rs")]
pub trait Stored: Sized {
    /// Text or number, optional or not.
    type Raw: Raw;
    /// The column type in both databases.
    const SQL: &'static str;
    /// As the database holds it.
    fn raw(&self) -> Self::Raw;
    /// Back again.
    ///
    /// # Errors
    /// When the database holds something that the domain does not know.
    fn parse(raw: Self::Raw) -> Result<Self, Fault>;
    /// As an item of a JSON parameter.
    fn json(&self) -> Value {
        self.raw().into()
    }
}

macro_rules! stored {
    ($type:ty as $raw:ty => $sql:literal, |$to:ident| $write:expr, |$from:ident| $read:expr) => {
        impl $crate::store::columns::Stored for $type {
            type Raw = $raw;
            const SQL: &'static str = $sql;
            fn raw(&self) -> $raw {
                let $to = self;
                $write
            }
            fn parse($from: $raw) -> Result<Self, $crate::store::columns::Fault> {
                Ok($read)
            }
        }
        impl $crate::store::columns::Stored for Option<$type> {
            type Raw = Option<$raw>;
            const SQL: &'static str = $sql;
            fn raw(&self) -> Option<$raw> {
                self.as_ref().map($crate::store::columns::Stored::raw)
            }
            fn parse(raw: Option<$raw>) -> Result<Self, $crate::store::columns::Fault> {
                raw.map(<$type as $crate::store::columns::Stored>::parse).transpose()
            }
        }
    };
}

macro_rules! texts {
    ($($type:ty),+ $(,)?) => { $( $crate::store::columns::stored!($type as String => "TEXT", |value| value.to_string(), |text| text.parse()?); )+ };
}

/// Types that are stored as JSON.
macro_rules! json_texts {
    ($($type:ty),+ $(,)?) => { $(
        stored!($type as String => "TEXT", |value| serde_json::to_string(value).unwrap_or_default(), |text| {
            serde_json::from_str(&text)?
        });
    )+ };
}

pub(super) use {stored, texts};

texts!(
    CustomerId,
    ContactId,
    CardId,
    TicketId,
    CoverageId,
    AddOnId,
    EstimateId,
    TimeEntryId,
    InvoiceId,
    AllocationId,
    AllocationKind,
    ArrearsEventId,
    ArrearsEventKind,
    BankCostId,
    BankFileId,
    BankFileKind,
    BankLineId,
    ClosingId,
    CollectionId,
    Direction,
    DocumentKind,
    MandateId,
    MoneyAccount,
    UnmatchedId,
    UnmatchedKind,
    ReversalId,
    Scheme,
    Sequence,
    Series,
    InstallationId,
    ConsentId,
    NoticeId,
    NoticeKind,
    WorkScope,
    PaymentId,
    TransactionId,
    CommandId,
    UserId,
    Locale,
    Role,
    AskedVia,
    Origin,
    TicketKind,
    TicketStatus,
    TicketEventId,
    TicketEventKind,
    Channel,
    Intake,
    Pauses,
    EstimateStatus,
    AnswerVia,
    Cover,
    Urgency,
    CoveredBy,
    PaymentMethod,
    Account,
    TransactionKind,
    Basis,
    Per,
    NaiveDate,
    Decimal,
    uuid::Uuid,
);
stored!(String as String => "TEXT", |text| text.clone(), |text| text);
stored!(i64 as i64 => "BIGINT", |number| *number, |number| number);
stored!(Minutes as i64 => "BIGINT", |minutes| minutes.0, |minutes| Minutes(minutes));
stored!(Weighted as i64 => "BIGINT", |weighted| weighted.0, |hundredths| Weighted(hundredths));
stored!(Arithmetic as String => "TEXT", |steps| serde_json::to_string(steps).unwrap_or_default(), |text| {
    serde_json::from_str(&text)?
});
json_texts!(Billing, Facts, Vec<InvoiceLine>, Vec<MissingField>, Vec<VatTotal>);
stored!(Cents as i64 => "BIGINT", |cents| cents.0, |cents| Cents(cents));
stored!(Bilingual as String => "TEXT", |both| serde_json::to_string(both).unwrap_or_default(), |text| {
    serde_json::from_str(&text)?
});
stored!(DateTime<Utc> as i64 => "BIGINT", |at| at.timestamp_micros(), |micros| {
    DateTime::from_timestamp_micros(micros).ok_or("an instant outside the calendar")?
});

stored!(bool as i64 => "BIGINT", |truth| i64::from(*truth), |number| number != 0);
// What has no due moment sorts last.
stored!(Due as i64 => "BIGINT", |due| due.0.map_or(i64::MAX, |at| at.timestamp_micros()), |micros| {
    Due(if micros == i64::MAX { None } else { DateTime::from_timestamp_micros(micros) })
});

impl Stored for &str {
    type Raw = String;
    const SQL: &'static str = "TEXT";
    fn raw(&self) -> String {
        (*self).to_owned()
    }
    fn parse(_: String) -> Result<Self, Fault> {
        Err("a borrowed text is bound, never read".into())
    }
}
