//! Reads the members that describe a new token, and resolves its selection against the catalog.

use super::arguments::refuse_credential;
use super::context::Context;
use super::shared_members::{Details, parse_owner, read_conditions, read_limits};
use crate::catalog::{Kind, Resolution, Selection};
use crate::input::{Members, Problems, quote};
use crate::model::account::Account;
use crate::model::actor::Actor;
use crate::value::condition::Conditions;
use crate::value::limit::Asked;
use crate::value::name::{Identity, Name};
use crate::value::resource::Resource;
use crate::value::time::{EndOfDay, Instant, Lifetime, TimeMembers as _};

/// The description of a new token.
pub(super) struct CreateRequest<'c> {
    pub(super) kind: &'c Kind,
    pub(super) name: Name,
    pub(super) details: Details,
    pub(super) owner: Resource,
    pub(super) subject: Option<Identity>,
    pub(super) technical_user: Option<Resource>,
    /// The boundary, if the call gives one.
    pub(super) resource: Option<Resource>,
    pub(super) resolution: Resolution<'c>,
    pub(super) not_before: Option<Instant>,
    /// The requested end, or the default of the kind.
    pub(super) expires_at: Option<Instant>,
    pub(super) idle_after: Option<Lifetime>,
    pub(super) conditions: Option<Conditions>,
    pub(super) limits: Option<Asked>,
}

impl<'c> CreateRequest<'c> {
    /// The members that describe a new token, without those of a selection.
    pub(super) const MEMBERS: [&'static str; 15] = [
        "kind",
        "name",
        "description",
        "tags",
        "metadata",
        "subject",
        "technicalUser",
        "owner",
        "resource",
        "expiresIn",
        "expiresAt",
        "notBefore",
        "idleAfter",
        "conditions",
        "limits",
    ];

    /// Reads the members, and adds each problem with its path to `problems`.
    pub(super) fn read(
        context: &Context<'c>,
        members: &Members,
        actor: &Actor,
        problems: &mut Problems,
    ) -> Option<CreateRequest<'c>> {
        let catalog = context.deployment.catalog();
        if members.value("kind").is_none() {
            let kinds: Vec<String> = catalog
                .kinds()
                .filter(|kind| !kind.exchanged())
                .map(|kind| quote(kind.id()))
                .collect();
            problems.add(
                &members.path("kind"),
                format!("is required; there are {}", kinds.join(", ")),
            );
        }
        if members.value("name").is_none() {
            problems.add(
                &members.path("name"),
                "is required; write 1 to 100 characters for people",
            );
        }
        let kind = members.parsed("kind", problems, |id| catalog.kind(id));
        if let Some(kind) = kind.filter(|kind| kind.exchanged()) {
            problems.add(
                &members.path("kind"),
                format!("tokens of kind \"{}\" come from an exchange", kind.id()),
            );
        }
        for text in ["name", "subject", "owner", "resource"] {
            refuse_credential(context, members, text, problems);
        }
        let name = members.parsed("name", problems, Name::parse);
        let details = Details::read(context, members, problems);
        let subject = members.parsed("subject", problems, Identity::parse);
        let acts_as = subject.as_ref().map(|subject| Resource::parse(subject.as_str()));
        if let Some(Ok(account)) = acts_as
            && Account::is_technical_user_id(&account)
        {
            problems.add(
                &members.path("subject"),
                "is a technical user; a token acts as one only where it is backed by one",
            );
        }
        let owner = read_owner(members, kind, actor, problems);
        let technical_user = members.parsed("technicalUser", problems, Resource::parse);
        if let Some(kind) = kind {
            refuse_other_backing(kind, members, problems);
        }
        let resource = members.parsed("resource", problems, Resource::parse);
        if kind.is_some_and(Kind::technical_user)
            && let (Some(owner), Some(resource)) = (&owner, &resource)
            && !owner.covers(resource)
        {
            problems.add(
                &members.path("resource"),
                "is outside the owner; a technical user acts only at and below its own level",
            );
        }
        let (not_before, expires_at) =
            kind.map_or((None, None), |kind| read_times(context, members, kind, problems));
        let idle_after = read_idle(members, kind, problems);
        let conditions = read_conditions(members, problems);
        let limits = read_limits(members, problems);
        let mut selection = Selection::read(members, problems);
        if let Some(role) = kind.and_then(Kind::role) {
            selection.default_to_role(role);
        }
        // The boundary of a person's token depends on the person's account, which is read later.
        let backed = kind.is_some_and(Kind::technical_user);
        let boundary = resource.as_ref().or(owner.as_ref().filter(|_| backed));
        let resolution = catalog.resolve(&selection, boundary, problems);
        Some(CreateRequest {
            kind: kind?,
            name: name?,
            details,
            owner: owner?,
            subject,
            technical_user,
            resource,
            resolution: resolution?,
            not_before,
            expires_at,
            idle_after,
            conditions,
            limits,
        })
    }
}

fn read_owner(
    members: &Members,
    kind: Option<&Kind>,
    actor: &Actor,
    problems: &mut Problems,
) -> Option<Resource> {
    let owner = match members.value("owner") {
        Some(_) => members.parsed("owner", problems, parse_owner),
        None => actor.own_resource().cloned().or_else(|| {
            problems.add(
                &members.path("owner"),
                "is required: the resource that the token belongs to",
            );
            None
        }),
    }?;
    if Account::is_technical_user_id(&owner) {
        problems.add(
            &members.path("owner"),
            "is a technical user, which owns nothing; name the owner above it",
        );
        return None;
    }
    match kind {
        Some(kind) => problems
            .keep(&members.path("owner"), kind.may_belong_to(&owner))
            .map(|()| owner),
        None => Some(owner),
    }
}

/// Refuses a member that the kind does not have: a token is either backed by a technical user or
/// acts as a subject, never both.
fn refuse_other_backing(kind: &Kind, members: &Members, problems: &mut Problems) {
    let (name, message) = if kind.technical_user() {
        (
            "subject",
            "is not allowed for this kind: its tokens act as the technical user that backs them",
        )
    } else {
        (
            "technicalUser",
            "is not allowed for this kind: no technical user backs its tokens",
        )
    };
    if members.value(name).is_some() {
        problems.add(&members.path(name), message);
    }
}

fn read_idle(members: &Members, kind: Option<&Kind>, problems: &mut Problems) -> Option<Lifetime> {
    let longest = kind.and_then(Kind::idle);
    let asked = members.lifetime("idleAfter", problems);
    if let (Some(asked), Some(longest)) = (asked, longest)
        && asked > longest
    {
        problems.add(
            &members.path("idleAfter"),
            format!("is longer than tokens of this kind stay valid without use, {longest}"),
        );
    }
    asked.or(longest)
}

fn read_times(
    context: &Context,
    members: &Members,
    kind: &Kind,
    problems: &mut Problems,
) -> (Option<Instant>, Option<Instant>) {
    let now = context.time.now;
    let not_before = members.given_instant("notBefore", EndOfDay::First, now, problems);
    let before = problems.len();
    if members.value("expiresIn").is_some() && members.value("expiresAt").is_some() {
        problems.add(
            &members.path("expiresAt"),
            "cannot be given with expiresIn; give one of the two",
        );
    }
    let given = if members.value("expiresAt").is_some() {
        "expiresAt"
    } else {
        "expiresIn"
    };
    let path = members.path(given);
    let lifetime = members.lifetime("expiresIn", problems);
    let asked = match lifetime {
        Some(lifetime) => problems.keep(&path, now.after(lifetime)),
        None => members
            .given_instant("expiresAt", EndOfDay::Last, now, problems)
            .map(|asked| kind.trimmed(now, asked)),
    };
    if problems.len() > before {
        return (not_before, None);
    }
    let expires_at = problems.keep(&path, kind.expiry(now, asked)).flatten();
    if expires_at.is_some_and(|end| end <= now) {
        problems.add(
            &path,
            "is in the past; give a date (2027-01-31) or milliseconds since the epoch",
        );
    } else if expires_at
        .zip(not_before)
        .is_some_and(|(end, start)| end <= start)
    {
        problems.add(&path, "is not after notBefore: the token could never be used");
    }
    (not_before, expires_at)
}
