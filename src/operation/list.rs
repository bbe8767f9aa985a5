//! Lists the tokens of an owner by pages, newest first: `list({ owner, kind?, status?, tag?,
//! subject?, parent?, search?, after?, limit? }, actor)`. With `parent`, it lists the living
//! sessions of that token.

use super::answer::{Answer, Page};
use super::arguments::{or_empty, refuse_credential};
use super::authority::Authority;
use super::context::{Context, Outcome};
use super::sessions::sessions_of;
use super::token_view::TokenView;
use crate::codec::host::lower_case;
use crate::codec::json::Value;
use crate::input::{ErrorCode, Members, Path, Problems, Refusal, one_of, quote};
use crate::model::actor::Actor;
use crate::model::record::Stored;
use crate::model::token::{Status, Token};
use crate::storage::keys;
use crate::storage::plan::{Range, Suspend};
use crate::value::credential::TokenId;
use crate::value::name::{Identity, Name, Tag};
use crate::value::resource::Resource;

const STATUSES: [(&str, Status); 3] = [
    ("active", Status::Active),
    ("disabled", Status::Disabled),
    ("revoked", Status::Revoked),
];

const DEFAULT_LIMIT: u32 = 50;
const MAX: u32 = 200;

/// How many entries one call looks at. With a filter that few tokens pass, a page may be short and
/// still have a next one.
const SCANNED: usize = 1_000;

struct Query {
    owner: Resource,
    kind: Option<String>,
    status: Option<Status>,
    tag: Option<Tag>,
    subject: Option<Identity>,
    parent: Option<TokenId>,
    /// In lower case.
    search: Option<String>,
    after: Option<TokenId>,
    limit: u32,
}

pub(super) fn plan(
    context: &Context,
    query: &Value,
    actor: &Actor,
    mut problems: Problems,
) -> Result<Outcome, Suspend> {
    let query = read(context, query, actor, &mut problems);
    let (Some(query), true) = (query, problems.is_empty()) else {
        return Err(Refusal::from(problems).into());
    };
    may_see(&Authority::read(context, actor)?, &query.owner)?;
    let (tokens, mut page) = match &query.parent {
        Some(parent) => scan_sessions(context, &query, parent)?,
        None => scan(context, &query)?,
    };
    let usage_keys: Vec<String> = tokens.iter().map(|token| keys::usage(&token.id)).collect();
    let usages = context.reads.get_all(&usage_keys)?;
    page.items = tokens
        .iter()
        .zip(usages)
        .map(|(token, usage)| TokenView::brief(token, usage))
        .collect();
    Ok(Outcome::Answer(Answer::Page(page)))
}

fn read(context: &Context, query: &Value, actor: &Actor, problems: &mut Problems) -> Option<Query> {
    let members = Members::open(
        or_empty(Some(query)),
        &Path::call(),
        &[
            "owner", "kind", "status", "tag", "subject", "parent", "search", "after", "limit",
        ],
        problems,
    )?;
    let owner = owner_of(context, &members, actor, problems);
    let kind = members.parsed("kind", problems, |id| {
        context.deployment.catalog().past_or_present_kind(id)
    });
    let status = members.parsed("status", problems, |text| one_of(&STATUSES, text));
    let tag = members.parsed("tag", problems, Tag::parse);
    let subject = members.parsed("subject", problems, Identity::parse);
    let parent = members.parsed("parent", problems, TokenId::parse);
    let search = members
        .parsed("search", problems, Name::parse)
        .map(|text| lower_case(text.as_str()));
    let after = members.parsed("after", problems, TokenId::parse);
    let limit = members.whole("limit", 1..=MAX, problems).unwrap_or(DEFAULT_LIMIT);
    Some(Query {
        owner: owner?,
        kind,
        status,
        tag,
        subject,
        parent,
        search,
        after,
        limit,
    })
}

/// Reads the member `owner`. The default is the actor's own resource.
pub(super) fn owner_of(
    context: &Context,
    members: &Members,
    actor: &Actor,
    problems: &mut Problems,
) -> Option<Resource> {
    refuse_credential(context, members, "owner", problems);
    if members.value("owner").is_some() {
        return members.parsed("owner", problems, Resource::parse);
    }
    if actor.own_resource().is_none() {
        problems.add(&members.path("owner"), "is required: the owner of the tokens");
    }
    actor.own_resource().cloned()
}

/// Checks whether the actor may see the tokens of an owner.
pub(super) fn may_see(authority: &Authority, owner: &Resource) -> Result<(), Refusal> {
    if authority.manages(owner) {
        return Ok(());
    }
    let owner = quote(owner.as_str());
    let message = format!(
        "the actor is neither {owner} nor an admin of it, so it cannot see its tokens; an admin has roles: {{ {owner}: \"admin\" }}"
    );
    Err(Refusal::new(ErrorCode::Forbidden, message))
}

fn scan(context: &Context, query: &Query) -> Result<(Vec<Token>, Page), Suspend> {
    let prefix = keys::owner_prefix(&query.owner);
    // One more than a page, to know whether there is a next page. With a filter most tokens may not
    // pass, so the window is that of the longest page.
    let filtered = query.filters();
    let window = if filtered { MAX } else { query.limit }.saturating_add(1);
    let (mut tokens, mut page) = (Vec::new(), Page::default());
    let mut after = query.after.as_ref().map(|id| keys::owner_entry(&query.owner, id));
    let mut scanned = 0;
    loop {
        let range = Range {
            prefix: prefix.clone(),
            after: after.clone(),
            limit: window,
        };
        let entries = context.reads.list(&range)?;
        let ids: Vec<TokenId> = entries
            .iter()
            .filter_map(|(key, _)| keys::entry_id(key))
            .collect();
        let token_keys: Vec<String> = ids.iter().map(keys::token).collect();
        let records = context.reads.get_all(&token_keys)?;
        let last = ids.len().saturating_sub(1);
        let more = entries.len() >= window as usize;
        for (at, (id, stored)) in ids.iter().zip(records).enumerate() {
            // An entry without a record was deleted between the two reads.
            match stored.map(|text| Stored::parse(id, text, context.vocabularies)) {
                Some(Ok(Stored::Record(record))) if query.wants(record.token()) => {
                    tokens.push(record.token().clone());
                }
                Some(Err(_)) => page.unreadable.push(*id),
                _ => {}
            }
            if tokens.len() >= query.limit as usize && (more || at < last) {
                page.next = Some(*id);
                return Ok((tokens, page));
            }
        }
        scanned += entries.len();
        let (true, Some((key, _))) = (more, entries.last()) else {
            return Ok((tokens, page));
        };
        if scanned >= SCANNED {
            page.next = keys::entry_id(key);
            return Ok((tokens, page));
        }
        after = Some(key.clone());
    }
}

/// The living sessions of a token. A session has the owner of its parent, so an actor that sees the
/// owner's tokens sees its sessions.
fn scan_sessions(context: &Context, query: &Query, parent: &TokenId) -> Result<(Vec<Token>, Page), Suspend> {
    let mut ids = sessions_of(context, parent)?;
    ids.retain(|id| query.after.as_ref().is_none_or(|after| id < after));
    let keys: Vec<String> = ids.iter().map(keys::token).collect();
    let records = context.reads.get_all(&keys)?;
    let (mut tokens, mut page) = (Vec::new(), Page::default());
    for (id, stored) in ids.iter().zip(records) {
        match stored.map(|text| Stored::parse(id, text, context.vocabularies)) {
            Some(Ok(Stored::Record(record))) if query.wants(record.token()) => {
                if tokens.len() >= query.limit as usize {
                    page.next = tokens.last().map(|token: &Token| token.id);
                    break;
                }
                tokens.push(record.token().clone());
            }
            // For a parent of another owner the page is empty. Damaged records are not reported
            // here, because they do not tell their owner.
            _ => {}
        }
    }
    Ok((tokens, page))
}

impl Query {
    fn filters(&self) -> bool {
        let Query {
            kind,
            status,
            tag,
            subject,
            search,
            ..
        } = self;
        kind.is_some() || status.is_some() || tag.is_some() || subject.is_some() || search.is_some()
    }

    fn wants(&self, token: &Token) -> bool {
        token.owner == self.owner
            && self.kind.as_ref().is_none_or(|kind| *kind == token.kind)
            && self.status.is_none_or(|status| status == token.status)
            && self.tag.as_ref().is_none_or(|tag| token.tags.contains(tag))
            && self
                .subject
                .as_ref()
                .is_none_or(|subject| token.subject.as_ref() == Some(subject))
            && self.search.as_ref().is_none_or(|text| mentions(token, text))
    }
}

/// Whether the name or the description contains a text, or the id equals it. Case is ignored.
fn mentions(token: &Token, text: &str) -> bool {
    let in_description = token
        .description
        .as_ref()
        .is_some_and(|description| lower_case(&description.to_string()).contains(text));
    in_description
        || lower_case(token.name.as_str()).contains(text)
        || token.id.as_str().to_ascii_lowercase() == text
}
