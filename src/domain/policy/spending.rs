//! `[spending]`: who agrees to what before the work (SPEND-1 to SPEND-7).

use super::reader::{ANY, MOST_HOURS, Reader, flag, minutes, number, word};
use crate::domain::Minutes;
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// What has to be agreed before the work, and how (SPEND-1 to SPEND-7).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpendingRules {
    /// When work needs an accepted estimate.
    pub agreement: Agreement,
    /// How an agent may have heard an agreement that was given elsewhere (SPEND-3).
    pub channels: Vec<AgreementChannel>,
    /// After how many days an unanswered estimate lapses (SPEND-5).
    pub answer_days: u32,
    /// After how many days an accepted estimate is closed (SPEND-5).
    pub work_days: u32,
    /// Up to which overrun goodwill is offered in one click (SPEND-5).
    pub tolerance: Minutes,
    /// Whether an owner may agree to estimates (SPEND-1).
    pub owner_spends: bool,
}

/// When work needs an accepted estimate (SPEND-7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Agreement {
    /// Always.
    Required,
    /// Once the charged minutes of the ticket, all together, come above this many.
    AboveMinutes(Minutes),
    /// Never.
    NotRequired,
}

/// How an agent may have heard an agreement (SPEND-3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AgreementChannel {
    /// By telephone.
    Phone,
    /// By e-mail.
    Mail,
    /// Face to face.
    InPerson,
}

/// A text that names no [`AgreementChannel`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected \"phone\", \"mail\" or \"in_person\"")]
pub struct NotAChannel;

impl AgreementChannel {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Phone, Self::Mail, Self::InPerson];

    /// As policy, API and database write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Phone => "phone",
            Self::Mail => "mail",
            Self::InPerson => "in_person",
        }
    }
}

impl FromStr for AgreementChannel {
    type Err = NotAChannel;
    fn from_str(text: &str) -> Result<Self, NotAChannel> {
        Self::ALL.into_iter().find(|channel| channel.as_str() == text).ok_or(NotAChannel)
    }
}

impl SpendingRules {
    pub(super) fn read(keys: &mut Reader<'_>) -> Self {
        let channel = word(AgreementChannel::ALL.map(|channel| (channel.as_str(), channel)));
        Self {
            agreement: Agreement::read(keys),
            channels: keys.list("agreement_channels", AgreementChannel::ALL.to_vec(), &channel),
            answer_days: keys.or("answer_days", 14, number("days", 1..=365)),
            work_days: keys.or("work_days", 90, number("days", 1..=3_650)),
            tolerance: keys.or("tolerance_minutes", Minutes(15), minutes(0..=Minutes::DAY.0, ANY)),
            owner_spends: keys.or("owner_spends", true, flag()),
        }
    }
}

impl Agreement {
    pub(super) fn read(keys: &mut Reader<'_>) -> Self {
        let has_minutes = keys.has("above_minutes");
        let choices = [
            ("required", Self::Required),
            ("above_minutes", Self::AboveMinutes(Minutes::ZERO)),
            ("not_required", Self::NotRequired),
        ];
        let choice =
            if keys.has("agreement") { keys.optional("agreement", word(choices)) } else { Some(Self::Required) };
        match choice {
            Some(Self::AboveMinutes(_)) => {
                Self::AboveMinutes(keys.required("above_minutes", minutes(1..=MOST_HOURS * 60, ANY)))
            }
            Some(_) if has_minutes => {
                keys.fault("above_minutes", "this key only beside agreement = \"above_minutes\"");
                Self::Required
            }
            other => other.unwrap_or(Self::Required),
        }
    }
}
