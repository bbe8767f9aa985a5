//! The stored text of an account, read by its schema.

use std::borrow::Cow;

use super::ceiling::Ceiling;
use super::ceilings::Ceilings;
use super::coded_list::FindVocabulary;
use super::coded_list::{CODED_PERMISSIONS, Vocabularies, set_of_list};
use super::id_list::IdList;
use crate::catalog::Permissions;
use crate::codec::canonical::{Items, Member, Schema, Shape, Spans, optional, required};
use crate::codec::decode::{Decode, DecodeError, fill};
use crate::codec::json::MAX_SAFE_INTEGER;
use crate::value::credential::TokenId;
use crate::value::name::{Identity, Name};
use crate::value::permission::Permission;
use crate::value::resource::Resource;

/// The parts of an account, each with the number of its place among the spans.
#[derive(Clone, Copy, Debug)]
#[repr(u8)]
pub(crate) enum Part {
    Id,
    Type,
    Title,
    Roles,
    Ceilings,
    Status,
    HeldAt,
    Tokens,
    StatusChangedAt,
    StatusChangedBy,
    CreatedAt,
    CreatedBy,
    Revision,
}

impl Part {
    const COUNT: usize = Part::Revision as usize + 1;
}

const INSTANT: Shape = Shape::Whole(0, MAX_SAFE_INTEGER);
const REVISION: Shape = Shape::Whole(0, MAX_SAFE_INTEGER - 1);
const RESOURCE: Shape = Shape::Text(Resource::is);
const IDENTITY: Shape = Shape::Text(Identity::is);

const fn must(name: &'static str, part: Part, shape: Shape) -> Member {
    required(name, shape).noted(part as usize)
}

const fn may(name: &'static str, part: Part, shape: Shape) -> Member {
    optional(name, shape).noted(part as usize)
}

/// The places of the members of a ceiling.
const CEILING_RESOURCE: usize = 0;
const CEILING_PERMISSIONS: usize = 1;

const CEILING: &Schema = &[
    required("resource", RESOURCE).noted(CEILING_RESOURCE),
    required(
        "permissions",
        Shape::Either(&Shape::List(&Shape::Text(Permission::is)), &CODED_PERMISSIONS),
    )
    .noted(CEILING_PERMISSIONS),
];

/// The value of `account/<id>`, while the account is not deleted.
const STORED: &Schema = &[
    required("v", Shape::Whole(1, 1)),
    required("account", Shape::Object(ACCOUNT)),
];

const ACCOUNT: &Schema = &[
    must("id", Part::Id, RESOURCE),
    must("type", Part::Type, Shape::OneOf(&["owner", "technical-user"])),
    may("title", Part::Title, Shape::Text(Name::is)),
    must(
        "roles",
        Part::Roles,
        Shape::Map(Resource::is, &Shape::Text(|_| true)),
    ),
    must(
        "ceilings",
        Part::Ceilings,
        Shape::List(&Shape::Value(|text| Spans::<2>::read(text, CEILING).is_ok())),
    ),
    must("status", Part::Status, Shape::OneOf(&["active", "disabled"])),
    may("heldAt", Part::HeldAt, RESOURCE),
    may("tokens", Part::Tokens, Shape::List(&Shape::Text(TokenId::is))),
    may("statusChangedAt", Part::StatusChangedAt, INSTANT),
    may("statusChangedBy", Part::StatusChangedBy, IDENTITY),
    must("createdAt", Part::CreatedAt, INSTANT),
    must("createdBy", Part::CreatedBy, IDENTITY),
    must("revision", Part::Revision, REVISION),
];

/// The tombstone of a deleted account.
const TOMBSTONE: &Schema = &[
    required("v", Shape::Whole(1, 1)),
    required("id", RESOURCE).noted(0),
    required("deletedAt", INSTANT),
    required("deletedBy", IDENTITY),
    required("revision", REVISION),
];

/// The text under the key of an account.
#[derive(Debug)]
pub(crate) enum StoredAccountText<'t> {
    /// Of an account.
    Account(AccountText<'t>),
    /// Of a deleted account.
    Tombstone,
}

/// The text of an account, and where its parts are. It is well-formed.
#[derive(Clone, Debug)]
pub(crate) struct AccountText<'t> {
    text: &'t str,
    spans: Spans<{ Part::COUNT }>,
}

impl<'t> StoredAccountText<'t> {
    /// Reads the text under the key of an account.
    ///
    /// # Errors
    /// When the text is neither an account nor a tombstone of this id.
    pub(crate) fn read(id: &Resource, text: &'t str) -> Result<StoredAccountText<'t>, DecodeError> {
        let is_of = |of: Option<Cow<str>>| of.is_some_and(|of| of == id.as_str());
        let Ok(spans) = Spans::read(text, STORED) else {
            let spans = Spans::<1>::read(text, TOMBSTONE)?;
            let is_sound = is_of(spans.text(text, 0));
            return is_sound
                .then_some(StoredAccountText::Tombstone)
                .ok_or(DecodeError);
        };
        let account = AccountText { text, spans };
        let is_sound = is_of(account.spans.text(text, Part::Id as usize));
        is_sound
            .then_some(StoredAccountText::Account(account))
            .ok_or(DecodeError)
    }
}

impl AccountText<'_> {
    fn raw(&self, part: Part) -> Option<&str> {
        self.spans.raw(self.text, part as usize)
    }

    /// A part that is a string.
    pub(crate) fn text(&self, part: Part) -> Option<Cow<'_, str>> {
        self.spans.text(self.text, part as usize)
    }

    /// Decodes a part into a field. Returns whether it is there and of the type.
    pub(crate) fn fill<T: Decode>(&self, part: Part, to: &mut T) -> bool {
        fill(self.raw(part), to)
    }

    /// Decodes a part into a field, if it is there. Returns whether it is of the type.
    pub(crate) fn fill_optional<T: Decode>(&self, part: Part, to: &mut T) -> bool {
        let text = self.raw(part);
        text.is_none() || fill(text, to)
    }

    /// Whether its tokens may be used.
    pub(crate) fn is_active(&self) -> bool {
        self.raw(Part::Status) == Some("\"active\"")
    }

    /// Its ceilings, compiled over a catalog.
    ///
    /// # Errors
    /// If one refers to a vocabulary that is not at hand.
    pub(crate) fn ceilings(
        &self,
        catalog: &Permissions,
        vocabularies: &dyn Vocabularies,
    ) -> Result<Ceilings, DecodeError> {
        let compiled = self.each_ceiling().map(|(resource, permissions)| {
            let resource = Resource::parse(&resource).map_err(|_| DecodeError)?;
            Ok((resource, set_of_list(permissions, catalog, vocabularies)?))
        });
        Ok(Ceilings::new(compiled.collect::<Result<_, _>>()?))
    }

    /// Its ceilings, with their permissions.
    ///
    /// # Errors
    /// As [`AccountText::ceilings`].
    pub(crate) fn ceiling_lists(
        &self,
        vocabularies: &dyn FindVocabulary,
    ) -> Result<Vec<Ceiling>, DecodeError> {
        let lists = self.each_ceiling().map(|(resource, permissions)| {
            Ok(Ceiling {
                resource: Resource::parse(&resource).map_err(|_| DecodeError)?,
                permissions: IdList::of_text(permissions, vocabularies)?,
            })
        });
        lists.collect()
    }

    fn each_ceiling(&self) -> impl Iterator<Item = (Cow<'_, str>, &str)> {
        let all = self.raw(Part::Ceilings).map(Items::of).into_iter().flatten();
        all.filter_map(|text| {
            let spans = Spans::<2>::read(text, CEILING).ok()?;
            Some((
                spans.text(text, CEILING_RESOURCE)?,
                spans.raw(text, CEILING_PERMISSIONS)?,
            ))
        })
    }
}
