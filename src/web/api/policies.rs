//! The terms: which versions there are, what they say, and putting a new one in force (POL-1).

use super::{Created, Found, List, created, found};
use crate::domain::policy::{Difference, Part, PolicyErrors, differences};
use crate::domain::{Doing, Minutes, Policy};
use crate::service::policies::PolicyVersion;
use crate::web::App;
use crate::web::extract::{Named, Token, Write};
use crate::web::fields::Fields;
use axum::extract::State;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The terms of today, as far as a program needs them to know what to show.
#[derive(Debug, Serialize, ToSchema)]
pub struct CurrentPolicy {
    /// Number of the version.
    version: i64,
    /// First day on which it holds.
    effective_from: NaiveDate,
    /// What it comes down to.
    #[serde(flatten)]
    summary: PolicySummary,
}

/// What a policy comes down to.
#[derive(Debug, Serialize, ToSchema)]
pub struct PolicySummary {
    /// What the policy is called.
    name: String,
    /// The provider.
    provider: String,
    /// Where a day begins and ends.
    #[schema(example = "Europe/Amsterdam")]
    time_zone: String,
    /// The smallest unit that is charged.
    increment_minutes: Minutes,
    /// The parts that the provider has; others are left out of pages and answers (POL-3).
    parts: Vec<Part>,
}

impl From<&Policy> for PolicySummary {
    fn from(policy: &Policy) -> Self {
        Self {
            name: policy.name.clone(),
            provider: policy.provider.name.clone(),
            time_zone: policy.time_zone.to_string(),
            increment_minutes: policy.time.increment,
            parts: policy.parts(),
        }
    }
}

/// A version of the policy. It holds from its first day until that of the next one.
#[derive(Debug, Serialize, ToSchema)]
#[expect(clippy::struct_field_names, reason = "the names in the API")]
pub struct Version {
    /// Its number.
    version: i64,
    /// What it is called.
    name: String,
    /// First day on which it holds.
    effective_from: NaiveDate,
    /// When it was applied.
    applied_at: DateTime<Utc>,
    /// SHA-256 of its text.
    digest: String,
}

impl From<&PolicyVersion> for Version {
    fn from(version: &PolicyVersion) -> Self {
        Self {
            version: version.version,
            name: version.name.clone(),
            effective_from: version.effective_from,
            applied_at: version.applied_at,
            digest: version.digest.clone(),
        }
    }
}

/// A version with its text.
#[derive(Debug, Serialize, ToSchema)]
pub struct VersionText {
    /// The version.
    #[serde(flatten)]
    version: Version,
    /// The text, TOML, as it was given.
    text: String,
    /// What it says differently from the version before it; empty for the first.
    changes: Vec<Change>,
}

/// A key that two versions do not say the same about.
#[derive(Debug, Serialize, ToSchema)]
pub struct Change {
    /// The dotted path.
    #[schema(example = "cards.products[10h].price")]
    key: String,
    /// What was said, as TOML; `null` when nothing.
    old: Option<String>,
    /// What is said now.
    new: Option<String>,
}

impl From<Difference> for Change {
    fn from(Difference { key, old, new }: Difference) -> Self {
        Self { key, old, new }
    }
}

/// A text to be checked.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PolicyText {
    /// A policy, TOML.
    text: String,
}

/// Whether a text is a policy.
#[derive(Debug, Serialize, ToSchema)]
pub struct Checked {
    /// Whether it is.
    valid: bool,
    /// Everything that is wrong with it, by line.
    faults: Vec<PolicyFault>,
    /// What it comes down to, when it is valid.
    summary: Option<PolicySummary>,
}

/// One fault in the text of a policy.
#[derive(Debug, Serialize, ToSchema)]
pub struct PolicyFault {
    /// The line, from 1; for a missing key, the line where its section begins.
    line: usize,
    /// The dotted path; empty where the text is not TOML.
    #[schema(example = "time.increment_minutes")]
    key: String,
    /// The value as written; empty when the key is missing.
    value: String,
    /// What should have stood there.
    expected: String,
}

impl From<Result<Policy, PolicyErrors>> for Checked {
    fn from(read: Result<Policy, PolicyErrors>) -> Self {
        match read {
            Ok(policy) => Self { valid: true, faults: vec![], summary: Some((&policy).into()) },
            Err(PolicyErrors(faults)) => {
                let faults = faults.into_iter().map(|fault| PolicyFault {
                    line: fault.line,
                    key: fault.key,
                    value: fault.value,
                    expected: fault.expected,
                });
                Self { valid: false, faults: faults.collect(), summary: None }
            }
        }
    }
}

/// A policy to be put in force.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPolicy {
    /// The policy, TOML.
    text: String,
    /// First day on which it holds, whatever its text says: today or later, and not before the newest version's.
    #[schema(format = Date)]
    from: String,
}

/// Get current policy
///
/// The version of today and the parts that the provider has, for anybody with a token.
#[utoipa::path(get, path = "/api/v1/policies/current", tag = "policies",
    responses((status = 200, description = "The terms of today", body = CurrentPolicy)))]
pub(super) async fn current(State(app): State<App>, _caller: Token) -> Found<CurrentPolicy> {
    let policies = &app.service.policies;
    let (version, policy) = policies.at(policies.day(app.service.clock.now()));
    Ok(found(CurrentPolicy { version, effective_from: policy.effective_from, summary: policy.into() }))
}

/// List policies
///
/// Every version, the newest first. For staff.
#[utoipa::path(get, path = "/api/v1/policies", tag = "policies",
    responses((status = 200, description = "The versions", body = List<Version>)))]
pub(super) async fn list(State(app): State<App>, Token(caller): Token) -> Found<List<Version>> {
    let versions = app.service.policy_versions(&caller).await?;
    Ok(found(List { items: versions.iter().rev().map(Version::from).collect(), next_cursor: None }))
}

/// Get policy
///
/// One version with its text and what it changed. For staff.
#[utoipa::path(get, path = "/api/v1/policies/{version}", tag = "policies",
    params(("version" = i64, Path, description = "Number of the version")),
    responses((status = 200, description = "The version", body = VersionText)))]
pub(super) async fn get(State(app): State<App>, Token(caller): Token, Named(number): Named<i64>) -> Found<VersionText> {
    let version = app.service.policy_version(&caller, number).await?;
    let before = app.service.policy_version(&caller, number - 1).await.ok();
    let changes = before.and_then(|before| differences(&before.text, &version.text).ok()).unwrap_or_default();
    let changes = changes.into_iter().map(Change::from).collect();
    Ok(found(VersionText { version: (&version).into(), text: version.text, changes }))
}

/// Check policy
///
/// Says everything that is wrong with a text; changes nothing. For staff.
#[utoipa::path(post, path = "/api/v1/policies/check", tag = "policies",
    request_body = PolicyText, responses((status = 200, description = "What was found", body = Checked)))]
pub(super) async fn check(State(app): State<App>, asked: Write<PolicyText>) -> Found<Checked> {
    asked.caller().may(Doing::SeeAll)?;
    Ok(found(app.service.on_text(&asked.body.text, |read| read).await?))
}

/// Apply policy
///
/// Puts a text in force from a day on; what was charged stays charged under its version (POL-1). The same text from the
/// same day again changes nothing. Other processes on the same database follow within a minute. For administrators.
#[utoipa::path(post, path = "/api/v1/policies", tag = "policies",
    request_body = NewPolicy, responses((status = 201, description = "The version", body = Version)))]
pub(super) async fn apply(State(app): State<App>, new: Write<NewPolicy>) -> Created<Version> {
    new.caller().may(Doing::Administer)?;
    let mut fields = Fields::default();
    let from = fields.needed_date("from", &new.body.from);
    fields.done()?;
    let applied = app.service.apply_policy(new.caller(), new.body.text.clone(), from).await?;
    Ok(created(&applied))
}
