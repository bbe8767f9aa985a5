//! The documented bounds of arguments. A value at its bound is accepted and stays readable,
//! revocable and auditable. A call beyond a bound writes nothing.

use std::sync::LazyLock;

use serde_json::{Value as Json, json};

use super::place::{FAR, Permission, Place};
use super::state::State;

/// The maximum sizes of a key, of any value and of a whole commit, in bytes.
pub const KEY: usize = 512;
pub const VALUE: usize = 256_000;
pub const COMMIT: usize = 1 << 20;

const NAME: usize = 100;
const LINE: usize = 500;
const TAG: usize = 50;
const TAGS: usize = 20;
const METADATA: usize = 4_096;
const IDENTITY: usize = 200;
const RESOURCE: usize = 256;
const RESOURCES: usize = 100;

/// A part of a token that can be at its bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Name,
    Description,
    Tag,
    Tags,
    Metadata,
    /// The resources that one permission is narrowed to.
    Places,
    /// All parts together: nearly the bound of a record.
    Record,
}

pub const PARTS: [Part; 7] = [
    Part::Name,
    Part::Description,
    Part::Tag,
    Part::Tags,
    Part::Metadata,
    Part::Places,
    Part::Record,
];

/// A part at its bound, or one more than that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Large {
    pub part: Part,
    pub beyond: bool,
}

static FULL_NAME: LazyLock<String> = LazyLock::new(|| "é".repeat(NAME));
static FULL_TAGS: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    let tag = |at| format!("{at:0>2}{}", "語".repeat(TAG - 2));
    (0..TAGS).map(|at| &*String::leak(tag(at))).collect()
});

impl Large {
    fn has(self, part: Part) -> bool {
        self.part == part || self.part == Part::Record
    }

    pub fn name(self) -> Option<&'static str> {
        self.has(Part::Name).then(|| FULL_NAME.as_str())
    }

    pub fn tags(self) -> Option<Vec<&'static str>> {
        match self.part {
            Part::Tag => Some(vec![FULL_TAGS[0]]),
            Part::Tags | Part::Record => Some(FULL_TAGS.clone()),
            _ => None,
        }
    }

    /// The only place of the model where the token holds its permissions, if it is narrowed.
    pub fn place(self) -> Option<Place> {
        self.has(Part::Places).then_some(FAR)
    }

    /// The permissions that are narrowed. For a record beyond its bound, there are more.
    pub fn permissions(self) -> Vec<Permission> {
        let mut permissions = vec!["mail:status", "policy:read"];
        if self.beyond && self.part == Part::Record {
            permissions.push("policy:write");
        }
        permissions
    }

    pub fn description(self) -> Option<String> {
        self.has(Part::Description).then(|| "語".repeat(LINE))
    }

    pub fn metadata(self) -> Option<Json> {
        let empty = json!({ "a": "" }).to_string().len();
        self.has(Part::Metadata)
            .then(|| json!({ "a": "m".repeat(METADATA - empty) }))
    }

    /// Adds the part to the arguments.
    pub fn write(self, json: &mut Json) {
        let more = usize::from(self.beyond && self.part != Part::Record);
        if let Some(name) = self.name() {
            json["name"] = json!(name.to_owned() + &"é".repeat(more));
        }
        if let Some(mut tags) = self.tags() {
            let longer = tags[0].to_owned() + "語";
            if more == 1 && self.part == Part::Tag {
                tags[0] = &longer;
            } else if more == 1 {
                tags.push("one-more");
            }
            json["tags"] = json!(tags);
        }
        if let Some(description) = self.description() {
            json["description"] = json!(description + &"語".repeat(more));
        }
        if let Some(mut metadata) = self.metadata() {
            let text = metadata["a"].as_str().unwrap().to_owned() + &"m".repeat(more);
            metadata["a"] = json!(text);
            json["metadata"] = metadata;
        }
        if self.place().is_some() {
            let places: Vec<String> = std::iter::once(FAR.to_owned())
                .chain((1..RESOURCES + more).map(far_place))
                .collect();
            let permissions = self.permissions();
            json["add"] = json!(permissions);
            json["resources"] = permissions
                .iter()
                .map(|permission| ((*permission).to_owned(), json!(places)))
                .collect();
        }
    }
}

/// An account with rights at as many places as it may have, of the size of the bound or beyond it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LargeAccount {
    pub beyond: bool,
}

/// The length of the title with which an account that `staff:1` puts has exactly the bound,
/// 128,000 bytes.
const TITLE: usize = 24;

/// By how much the id `root` is shorter than `staff:1`.
const CREATORS: usize = 3;

impl LargeAccount {
    /// Adds the rights to the arguments.
    pub fn write(self, json: &mut Json) {
        let title = if self.beyond { TITLE + CREATORS + 1 } else { TITLE };
        json["title"] = json!("t".repeat(title));
        let others = (1..RESOURCES).map(far_place);
        for place in std::iter::once(FAR.to_owned()).chain(others) {
            json["roles"][place.as_str()] = json!("admin");
        }
        for place in (RESOURCES..2 * RESOURCES).map(far_place) {
            json["permissions"][place.as_str()] = json!(["**"]);
        }
    }
}

/// One of the places besides [`FAR`] that a large token has, as long as a resource may be.
fn far_place(at: usize) -> String {
    let begin = format!("org:a/far:x{at:0>3}");
    let rest = "y".repeat(RESOURCE - begin.len());
    begin + &rest
}

/// Whether a place is one of those, outside the places of the model.
pub fn is_far(place: &str) -> bool {
    place.starts_with("org:a/far:x")
}

/// An actor that may do everything, and that no account bounds.
pub fn auditor() -> Json {
    json!({ "id": "auditor", "roles": { "": "admin" } })
}

/// Calls that are refused in every state.
pub fn refused_calls(state: &State) -> Vec<Json> {
    let root = auditor();
    let id = state.tokens.last().map_or("", |token| token.id.as_str());
    let long = |length: usize| format!("org:{}", "z".repeat(length - 4));
    let create = |name: &str, value: Json| {
        let mut input =
            json!({ "kind": "permission-set", "name": "x", "owner": "org:a", "add": ["mail:send"] });
        input[name] = value;
        json!({ "op": "create", "input": input, "actor": root })
    };
    let used = json!({ "id": id, "at": state.now });
    vec![
        create("owner", json!(long(RESOURCE + 1))),
        create("owner", json!(["org:a"; 9].join("/"))),
        create("resource", json!(long(RESOURCE + 1))),
        create("subject", json!("s".repeat(IDENTITY + 1))),
        create("idempotencyKey", json!("k".repeat(IDENTITY + 1))),
        create("add", json!(vec!["mail:send"; 20_001])),
        json!({ "op": "revoke", "id": id, "options": { "reason": "r".repeat(LINE + 1) }, "actor": root }),
        json!({ "op": "putAccount", "input": { "id": long(RESOURCE + 1) }, "actor": root }),
        json!({ "op": "list", "query": { "owner": "org:a", "limit": 201 }, "actor": root }),
        json!({ "op": "audit", "query": { "owner": "org:a", "limit": 201 }, "actor": root }),
        json!({ "op": "flush", "uses": vec![used; 21] }),
    ]
}
