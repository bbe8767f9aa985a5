//! Lists the audit trail of an owner by pages: `audit({ owner, token?, account?, order?, after?,
//! limit? }, actor)`.
//!
//! Entries have consecutive numbers, so the newest are read by their keys, from the head down. Only
//! a damaged trail has gaps. Then short lists search for the entry before the gap, so that no
//! stored entry is left out.

use super::answer::AuditPage;
use std::ops::ControlFlow;

use super::answer::Answer;
use super::arguments::refuse_credential;
use super::authority::Authority;
use super::context::{Context, Outcome};
use super::list::may_see;
use crate::codec::json::{MAX_SAFE_INTEGER, Value};
use crate::input::{Members, Path, Problems, Refusal, one_of};
use crate::model::actor::Actor;
use crate::storage::audit::{Entry, Position};
use crate::storage::keys;
use crate::storage::plan::{Range, Suspend};
use crate::value::credential::TokenId;
use crate::value::resource::Resource;

const DEFAULT_LIMIT: u32 = 50;
const MAX: u32 = 200;

/// How many entries one call looks at. With a filter that few entries pass, a page may be short and
/// still have a next one.
const SCANNED: usize = 1_000;

/// How many entries a list reads that only searches for the last one.
const PROBED: u32 = 10;

struct Query {
    owner: Resource,
    token: Option<TokenId>,
    account: Option<Resource>,
    order: Order,
    after: Option<u64>,
    limit: u32,
}

const ORDERS: [(&str, Order); 2] = [("newest", Order::Newest), ("oldest", Order::Oldest)];

#[derive(Clone, Copy)]
enum Order {
    Newest,
    Oldest,
}

pub(super) fn plan(
    context: &Context,
    query: &Value,
    actor: &Actor,
    mut problems: Problems,
) -> Result<Outcome, Suspend> {
    let query = read(context, query, &mut problems);
    let (Some(query), true) = (query, problems.is_empty()) else {
        return Err(Refusal::from(problems).into());
    };
    may_see(&Authority::read(context, actor)?, &query.owner)?;
    let mut builder = PageBuilder {
        query: &query,
        page: AuditPage::default(),
        scanned: 0,
        last: None,
    };
    match query.order {
        Order::Newest => newest_first(context, &query, &mut builder)?,
        Order::Oldest => oldest_first(context, &query, &mut builder)?,
    }
    Ok(Outcome::Answer(Answer::Audit(builder.page)))
}

fn read(context: &Context, query: &Value, problems: &mut Problems) -> Option<Query> {
    let known = ["owner", "token", "account", "order", "after", "limit"];
    let members = Members::open(query, &Path::call(), &known, problems)?;
    refuse_credential(context, &members, "owner", problems);
    members.required_text("owner", problems);
    let owner = members.parsed("owner", problems, Resource::parse);
    let token = members.parsed("token", problems, TokenId::parse);
    refuse_credential(context, &members, "account", problems);
    let account = members.parsed("account", problems, Resource::parse);
    if token.is_some() && account.is_some() {
        let message = "cannot be given with token; an entry is about one of the two";
        problems.add(&members.path("account"), message);
    }
    let order = members.parsed("order", problems, |text| one_of(&ORDERS, text));
    let after = members.count("after", problems);
    let limit = members.whole("limit", 1..=MAX, problems);
    Some(Query {
        owner: owner?,
        token,
        account,
        order: order.unwrap_or(Order::Newest),
        after,
        limit: limit.unwrap_or(DEFAULT_LIMIT),
    })
}

impl Query {
    fn wants(&self, entry: &Entry) -> bool {
        let of_token = self.token.is_none() || self.token == entry.token;
        let of_account = self.account.is_none() || self.account == entry.account;
        of_token && of_account
    }

    /// How many entries are read at once: one more than a page, to know whether there is a next
    /// page. With a filter most entries may not pass, so the window is that of the longest page.
    fn window(&self) -> u32 {
        let filters = self.token.is_some() || self.account.is_some();
        if filters { MAX } else { self.limit }.saturating_add(1)
    }
}

/// A page while it is filled.
struct PageBuilder<'q> {
    query: &'q Query,
    page: AuditPage,
    scanned: usize,
    /// The number of the last entry that was looked at.
    last: Option<u64>,
}

impl PageBuilder<'_> {
    /// Looks at the next existing entry. Breaks if it belongs to the next page.
    fn take(&mut self, seq: u64, text: &str) -> ControlFlow<()> {
        if self.page.items.len() >= self.query.limit as usize || self.scanned >= SCANNED {
            self.page.next = self.last;
            return ControlFlow::Break(());
        }
        match Entry::parse(text) {
            Ok(entry) if entry.seq == seq && entry.owner == self.query.owner => {
                if self.query.wants(&entry) {
                    self.page.items.push(entry);
                }
            }
            _ => self.page.unreadable.push(seq),
        }
        self.scanned += 1;
        self.last = Some(seq);
        ControlFlow::Continue(())
    }
}

fn oldest_first(context: &Context, query: &Query, builder: &mut PageBuilder) -> Result<(), Suspend> {
    let prefix = keys::audit_prefix(&query.owner);
    let mut after = keys::audit_entry(&query.owner, query.after.unwrap_or(0));
    loop {
        let range = Range {
            prefix: prefix.clone(),
            after: Some(after),
            limit: query.window(),
        };
        let entries = context.reads.list(&range)?;
        for (key, text) in entries {
            // A key without a number is no entry of the trail. `verifyAudit` reports it.
            if let Some(seq) = keys::audit_seq(&prefix, key)
                && builder.take(seq, text).is_break()
            {
                return Ok(());
            }
        }
        match entries.last() {
            Some((key, _)) if entries.len() >= range.limit as usize => after = key.clone(),
            _ => return Ok(()),
        }
    }
}

fn newest_first(context: &Context, query: &Query, builder: &mut PageBuilder) -> Result<(), Suspend> {
    let owner = &query.owner;
    let mut newest = match query.after {
        Some(after) => after.saturating_sub(1),
        None => {
            let [head] = context.reads.get([&keys::audit_head(owner)])?;
            let head = head.and_then(|text| Position::of_head(text).ok());
            // A head that is damaged or set back must not hide entries, nor those that were added
            // since it was read.
            last_entry(context, owner, head.map_or(0, |head| head.seq), MAX_SAFE_INTEGER)?
        }
    };
    while newest > 0 {
        let seqs: Vec<u64> = (1..=newest).rev().take(query.window() as usize).collect();
        let entry_keys: Vec<String> = seqs.iter().map(|seq| keys::audit_entry(owner, *seq)).collect();
        let texts = context.reads.get_all(&entry_keys)?;
        for (seq, text) in seqs.iter().zip(&texts) {
            if let Some(text) = text
                && builder.take(*seq, text).is_break()
            {
                return Ok(());
            }
        }
        let before = seqs.last().map_or(0, |oldest| oldest.saturating_sub(1));
        newest = match texts.last() {
            Some(Some(_)) => before,
            _ => last_entry(context, owner, 0, before)?,
        };
    }
    Ok(())
}

/// The number of the last entry from `low` to `high`, or `low` if no entry follows it. Numbers may
/// be billions apart, so the range is bisected until a list within it contains the last entry.
fn last_entry(context: &Context, owner: &Resource, mut low: u64, mut high: u64) -> Result<u64, Suspend> {
    let most = high;
    let mut middle = low;
    while low < high {
        let Probe { seqs, complete } = probe(context, owner, middle)?;
        let found = seqs.iter().filter(|seq| **seq <= most).max();
        match found {
            Some(last) if complete || seqs.iter().any(|seq| *seq > most) => return Ok(*last),
            Some(last) => low = *last,
            None => high = middle,
        }
        middle = low + high.saturating_sub(low) / 2;
    }
    Ok(low)
}

/// Some entry numbers in ascending order.
struct Probe {
    seqs: Vec<u64>,
    /// Whether no entry follows them.
    complete: bool,
}

/// The numbers of the entries after `after`: as many as one list reads, and at least one if any
/// exists.
fn probe(context: &Context, owner: &Resource, after: u64) -> Result<Probe, Suspend> {
    let prefix = keys::audit_prefix(owner);
    let mut after = keys::audit_entry(owner, after);
    loop {
        let range = Range {
            prefix: prefix.clone(),
            after: Some(after),
            limit: PROBED,
        };
        let entries = context.reads.list(&range)?;
        let numbered = entries
            .iter()
            .filter_map(|(key, _)| keys::audit_seq(&prefix, key));
        let seqs: Vec<u64> = numbered.collect();
        match entries.last() {
            Some((key, _)) if entries.len() >= PROBED as usize => {
                if !seqs.is_empty() {
                    return Ok(Probe {
                        seqs,
                        complete: false,
                    });
                }
                after = key.clone();
            }
            _ => return Ok(Probe { seqs, complete: true }),
        }
    }
}
