//! The only layer that knows SQL. A store function takes an open transaction or session and domain values, and gives
//! domain values; each statement is written once and runs on both databases in a test.

pub mod accounting;
pub mod arrears;
pub mod availability;
pub mod bank;
pub mod books;
pub mod cards;
pub mod collective;
pub mod columns;
pub mod contacts;
pub mod coverage;
pub mod customers;
pub mod db;
pub mod estimates;
pub mod exports;
pub mod fair_use;
pub mod finance;
pub mod installations;
pub mod invoices;
pub mod ledger;
pub mod mandates;
pub mod money_rows;
pub mod notices;
pub mod policies;
pub mod receipts;
pub mod renewal;
pub mod reversals;
pub mod rows;
pub mod tickets;
pub mod time_entries;
pub mod users;
pub mod verify;
pub mod walk;

pub use db::{Db, OpenError, Record, Result, Row, Session, Statements, Tx};

/// Declares a row type of a read: its fields are columns.
macro_rules! record {
    ($(#[$meta:meta])* pub struct $name:ident { $($(#[$doc:meta])* pub $field:ident: $kind:ty),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq)]
        pub struct $name { $($(#[$doc])* pub $field: $kind),+ }

        impl $crate::store::Record for $name {
            fn read(row: &$crate::store::Row<'_>) -> $crate::store::Result<Self> {
                Ok(Self { $($field: row.get(stringify!($field))?),+ })
            }
        }
    };
}
pub(crate) use record;

/// Tuples are read by position.
macro_rules! tuples {
    ($(($($type:ident $at:literal),+))+) => { $(
        impl<$($type: columns::Stored),+> Record for ($($type,)+) {
            fn read(row: &Row<'_>) -> Result<Self> {
                Ok(($(row.at::<$type, usize>($at)?,)+))
            }
        }
    )+ };
}
tuples! {
    (A 0)
    (A 0, B 1)
    (A 0, B 1, C 2)
    (A 0, B 1, C 2, D 3)
}
