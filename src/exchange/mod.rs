//! Domain values to the formats of other programs and back: pure, no database, no HTTP.

pub mod bank;
pub mod csv;
pub mod epc;
#[cfg(test)]
mod golden_journals;
pub mod hledger;
pub mod journal;
pub mod pdf;
#[cfg(test)]
mod samples;
pub mod sheet;
pub mod ubl;
pub mod xaf;
mod xml;
pub mod zip;
