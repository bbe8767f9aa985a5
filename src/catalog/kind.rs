use crate::input::{Members, Path, Problems, quote};
use crate::permission::parse_segment;
use crate::time::{Instant, Lifetime};

/// A configured sort of token and its rules. The kinds of the four systems exist without being written down.
#[derive(Clone, Debug)]
pub struct Kind {
    pub(super) id: String,
    expiry: ExpiryRule,
    unique_names: bool,
    exchanged: bool,
}

/// How long tokens of a kind may live.
#[derive(Clone, Copy, Debug, Default)]
pub struct ExpiryRule {
    /// The lifetime of a token that does not ask for one.
    pub default: Option<Lifetime>,
    /// The longest lifetime.
    pub longest: Option<Lifetime>,
    /// Whether a token must end. Always so where there is a longest lifetime.
    pub required: bool,
}

impl Kind {
    /// The id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Whether no two tokens of an owner may have the same name.
    #[must_use]
    pub fn unique_names(&self) -> bool {
        self.unique_names
    }

    /// Whether tokens of this kind come from an exchange only.
    #[must_use]
    pub fn exchanged(&self) -> bool {
        self.exchanged
    }

    /// When a token that starts now ends: `asked` within what the kind allows. `Ok(None)` is a token that never expires.
    ///
    /// # Errors
    /// A message, when an expiry is required or too far away.
    pub fn expiry(&self, now: Instant, asked: Option<Instant>) -> Result<Option<Instant>, String> {
        let ExpiryRule {
            default,
            longest,
            required,
        } = self.expiry;
        let ends = match (asked, default) {
            (Some(instant), _) => Some(instant),
            (None, Some(lifetime)) => Some(now.after(lifetime)?),
            (None, None) => None,
        };
        match (ends, longest) {
            (None, Some(longest)) => Err(format!(
                "is required for a token of kind \"{}\", at most {}",
                self.id, longest
            )),
            (None, None) if required => Err(format!("is required for a token of kind \"{}\"", self.id)),
            (Some(ends), Some(longest)) if ends > now.after(longest)? => Err(format!(
                "is further away than a token of kind \"{}\" may live, which is {}",
                self.id, longest
            )),
            _ => Ok(ends),
        }
    }
}

/// The kinds of the document, and those that exist without it.
pub(super) fn compile(document: &Members, problems: &mut Problems) -> Vec<Kind> {
    let mut kinds = built_in();
    let Some(value) = document.value("kinds") else {
        return kinds;
    };
    let Some(entries) = Members::open_any(value, &document.path("kinds"), problems) else {
        return kinds;
    };
    for (id, value, path) in entries.each() {
        if let Err(message) = parse_segment(id) {
            problems.add(&path, format!("the id {} {message}", quote(id)));
            continue;
        }
        let known = ["title", "description", "lifetime", "uniqueNames"];
        let Some(members) = Members::open(value, &path, &known, problems) else {
            continue;
        };
        members.text("title", problems);
        members.text("description", problems);
        let at = kinds.iter().position(|kind| kind.id == id).unwrap_or_else(|| {
            kinds.push(kind(id, ExpiryRule::default()));
            kinds.len() - 1
        });
        let Some(kind) = kinds.get_mut(at) else { continue };
        if members.value("uniqueNames").is_some() {
            kind.unique_names = members.flag("uniqueNames", problems);
        }
        if let Some(value) = members.value("lifetime") {
            adjust(&mut kind.expiry, value, &members.path("lifetime"), problems);
        }
    }
    kinds
}

fn adjust(rule: &mut ExpiryRule, value: &crate::input::Value, path: &Path, problems: &mut Problems) {
    let Some(members) = Members::open(value, path, &["default", "longest", "required"], problems) else {
        return;
    };
    let default = members.lifetime("default", problems);
    let longest = members.lifetime("longest", problems);
    if members.value("required").is_some() {
        rule.required = members.flag("required", problems);
    }
    rule.default = default.or(rule.default);
    rule.longest = longest.or(rule.longest);
    if let (Some(default), Some(longest)) = (rule.default, rule.longest)
        && default > longest
    {
        problems.add(
            path,
            format!(
                "the default lifetime of {} is longer than the longest, {}",
                default, longest
            ),
        );
    }
}

fn built_in() -> Vec<Kind> {
    let required = ExpiryRule {
        required: true,
        ..ExpiryRule::default()
    };
    let of = |lifetime| ExpiryRule {
        default: Some(lifetime),
        required: true,
        ..ExpiryRule::default()
    };
    vec![
        kind("permission-set", ExpiryRule::default()),
        kind("organization", required),
        kind("group", required),
        Kind {
            unique_names: true,
            ..kind("personal", of(Lifetime::days(90)))
        },
        Kind {
            exchanged: true,
            ..kind("session", of(Lifetime::hours(1)))
        },
    ]
}

fn kind(id: &str, expiry: ExpiryRule) -> Kind {
    Kind {
        id: id.to_owned(),
        expiry,
        unique_names: false,
        exchanged: false,
    }
}
