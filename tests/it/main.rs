//! All integration tests in one binary.

#![expect(clippy::too_many_lines, reason = "a story is read from top to bottom")]
#![expect(clippy::unused_self, reason = "a fixture reads better with its verbs on it")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

mod access;
mod access_days;
mod accounting;
mod api;
mod append_only;
mod architecture;
mod arrears;
mod availability;
mod bank;
mod bank_collective;
mod bank_fixtures;
mod bank_own;
mod bank_rules;
mod bank_told_again;
mod bank_uploads;
mod cancelled_begin;
mod cards;
mod charging;
mod cli;
mod clocks;
mod common;
mod connections;
mod coverage;
mod crash;
mod debit;
mod definite;
mod desk;
mod division;
mod door;
mod exports;
mod fair_use;
mod golden;
mod hledger;
mod in_flight;
mod invoices;
mod journey;
mod language;
mod links;
mod no_cards;
mod openapi;
mod pages;
mod policies;
mod properties;
mod properties_money;
mod race;
mod reads;
mod reversals;
mod robust;
mod scenarios;
mod scenarios_http;
mod store;
mod story;
mod tickets;
mod trial_bank;
mod trial_doors;
mod twins;
mod unmatching;
mod verify;
mod writer;
