//! Strippenkaart: prepaid support hours in an exact, append-only ledger.
//!
//! Layers, each using only those to its left: [`domain`] <- `store` <- `service` <- `web` and `cli`.
//! `docs/architecture.md` walks through the main job.

pub mod cli;
pub mod clock;
pub mod domain;
pub mod exchange;
pub mod service;
pub mod store;
pub mod web;
