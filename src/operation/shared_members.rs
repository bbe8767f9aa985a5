//! Reads the members that managers write for themselves (description, tags, metadata), and other
//! members that `create` and `edit` share.

use std::error::Error;
use std::fmt;

use super::arguments::refuse_credential;
use super::context::Context;
use crate::codec::json::{MAX_SAFE_INTEGER, Value, json};
use crate::input::{ErrorCode, Members, Path, Problems, Refusal};
use crate::value::condition::Conditions;
use crate::value::limit::{Asked, Limits};
use crate::value::metadata::Metadata;
use crate::value::name::{Description, Tag};
use crate::value::resource::{Resource, ResourceError};

/// The maximum number of tags of a token.
const MAX_TAGS: usize = 20;

/// The members that managers write for themselves.
#[derive(Default)]
pub(super) struct Details {
    pub(super) description: Option<Description>,
    pub(super) tags: Vec<Tag>,
    pub(super) metadata: Option<Metadata>,
}

impl Details {
    pub(super) fn read(context: &Context, members: &Members, problems: &mut Problems) -> Details {
        refuse_credential(context, members, "description", problems);
        Details {
            description: members.parsed("description", problems, Description::parse),
            tags: read_tags(context, members, problems),
            metadata: read_metadata(context, members, problems),
        }
    }
}

/// Reads the member `tags`. A tag may occur once.
pub(super) fn read_tags(context: &Context, members: &Members, problems: &mut Problems) -> Vec<Tag> {
    let mut tags: Vec<Tag> = Vec::new();
    for (text, path) in members.texts("tags", MAX_TAGS, problems) {
        refuse_credential_in(context, text, &path, problems);
        match problems.keep(&path, Tag::parse(text)) {
            Some(tag) if tags.contains(&tag) => problems.add(&path, "is there twice"),
            Some(tag) => tags.push(tag),
            None => {}
        }
    }
    tags
}

/// Reads the member `metadata`.
pub(super) fn read_metadata(
    context: &Context,
    members: &Members,
    problems: &mut Problems,
) -> Option<Metadata> {
    let value = members.value("metadata")?;
    let path = members.path("metadata");
    let metadata = problems.keep(&path, Metadata::read(value))?;
    refuse_credential_in(context, &json(&metadata), &path, problems);
    Some(metadata)
}

/// Reads the member `conditions`.
pub(super) fn read_conditions(members: &Members, problems: &mut Problems) -> Option<Conditions> {
    Conditions::read(
        members.value("conditions")?,
        &members.path("conditions"),
        problems,
    )
}

/// Reads the member `limits`.
pub(super) fn read_limits(members: &Members, problems: &mut Problems) -> Option<Asked> {
    Limits::read_asked(members.value("limits")?, &members.path("limits"), problems)
}

fn refuse_credential_in(context: &Context, text: &str, path: &Path, problems: &mut Problems) {
    if context.deployment.prefix().appears_in(text) {
        problems.add(
            path,
            "has a credential in it, which must not be stored; write something else",
        );
    }
}

/// Parses an owner: a resource below the root, because every token belongs to a resource.
pub(super) fn parse_owner(text: &str) -> Result<Resource, OwnerError> {
    if text.is_empty() {
        return Err(OwnerError::Root);
    }
    Resource::parse(text).map_err(OwnerError::NoResource)
}

/// Why a text is no owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OwnerError {
    /// It is the root.
    Root,
    /// It is no resource.
    NoResource(ResourceError),
}

impl fmt::Display for OwnerError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OwnerError::Root => {
                formatter.write_str("is empty; a token belongs to a resource such as \"org:acme\"")
            }
            OwnerError::NoResource(error) => error.fmt(formatter),
        }
    }
}

impl Error for OwnerError {}

/// Whether a member of a change is null, which clears the value.
pub(super) fn clears(members: &Members, name: &str) -> bool {
    members.value(name) == Some(&Value::Null)
}

/// Reads the member `revision`: the revision that the caller has read, a whole number. The revision
/// of a value that does not exist is 0.
pub(super) fn read_revision(members: &Members, problems: &mut Problems) -> Option<u64> {
    let value = members.value("revision")?;
    // Counts are below 2^53, where doubles are exact.
    #[allow(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss
    )]
    match value {
        Value::Number(number)
            if (0.0..=MAX_SAFE_INTEGER as f64).contains(number) && number.fract() == 0.0 =>
        {
            Some(*number as u64)
        }
        _ => {
            problems.add(&members.path("revision"), "expected the revision of a record");
            None
        }
    }
}

/// Refuses a change if the value is not at the revision that the caller has read.
pub(super) fn expect_revision(seen: Option<u64>, revision: u64) -> Result<(), Refusal> {
    if seen.is_none_or(|seen| seen == revision) {
        return Ok(());
    }
    Err(Refusal::at(
        "revision",
        ErrorCode::Conflict,
        format!("it was changed meanwhile and is at revision {revision}; look at it again"),
    ))
}
