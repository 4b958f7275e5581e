//! Domain values to the formats of other programs and back: pure, no database, no HTTP.

pub mod hledger;
