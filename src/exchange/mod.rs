//! Domain values to the formats of other programs and back: pure, no database, no HTTP.

pub mod csv;
#[cfg(test)]
mod golden_journals;
pub mod hledger;
pub mod journal;
pub mod sheet;
pub mod xaf;
pub mod zip;
