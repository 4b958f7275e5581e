//! Use cases: may this user? then submit a command or read. Knows no axum and no SQL.

pub mod ledger;
pub mod password;
pub mod secret;
pub mod throttle;
pub mod token;
