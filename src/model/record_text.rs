//! The stored text of a token's record, read by its schema.

use std::borrow::Cow;

use super::coded_list::FindVocabulary;
use super::coded_list::{CODED_CHOICES, CODED_PERMISSIONS};
use super::id_list::IdList;
use crate::catalog::TemplateUse;
use crate::codec::canonical::{
    Entries, Items, KnownValues, Member, Schema, Shape, Spans, optional, required,
};
use crate::codec::decode::{Decode, DecodeError, decode, fill};
use crate::codec::json::MAX_SAFE_INTEGER;
use crate::value::condition::Conditions;
use crate::value::credential::{Digest, TokenId};
use crate::value::limit::Limits;
use crate::value::metadata;
use crate::value::name::{Description, Identity, Name, Reason, Tag};
use crate::value::permission::Permission;
use crate::value::resource::Resource;
use crate::value::time::Instant;

/// The parts of a record, each with the number of its place among the spans.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The scheme of the digest.
    Scheme,
    /// The digest of the secret.
    Digest,
    /// The digest of the new secret, during a rotation.
    Successor,
    /// The digests of rotated-out secrets.
    Retired,
    /// The digest by which an imported key is found.
    Issued,
    /// The revision of the last confirmed rotation.
    ConfirmedRevision,
    /// When the grace period of the last confirmed rotation ends.
    ConfirmedGraceEndsAt,
    /// The hash of the unique name.
    NameHash,
    /// The id of the token.
    Id,
    /// Its kind.
    Kind,
    /// Its name.
    Name,
    /// Its purpose.
    Description,
    /// Its tags.
    Tags,
    /// Its metadata.
    Metadata,
    /// Its owner.
    Owner,
    /// The technical user that backs it.
    TechnicalUser,
    /// The tokens that it was exchanged from.
    Parents,
    /// The identity that it acts as.
    Subject,
    /// The boundary of its grant.
    Resource,
    /// Its role.
    Role,
    /// Its permissions.
    Permissions,
    /// The permissions that are held on some resources only.
    Resources,
    /// The templates of its grant.
    Templates,
    /// The permissions added by hand.
    Added,
    /// The permissions removed by hand.
    Removed,
    /// Its status.
    Status,
    /// The resource of the authority that disabled it.
    HeldAt,
    /// The reason of its revocation.
    Reason,
    /// When its status last changed.
    StatusChangedAt,
    /// The actor that changed it.
    StatusChangedBy,
    /// When it was last enabled.
    EnabledAt,
    /// When it was created.
    CreatedAt,
    /// The actor that created it.
    CreatedBy,
    /// From when it may be used.
    NotBefore,
    /// From when it may no longer be used.
    ExpiresAt,
    /// The longest time without use.
    IdleAfter,
    /// Its conditions.
    Conditions,
    /// Its limits.
    Limits,
    /// The authority that set its conditions.
    ConditionsHeldAt,
    /// The authority that set its limits.
    LimitsHeldAt,
    /// The authority that set its expiry.
    ExpiresAtHeldAt,
    /// The revision with which the pending rotation began.
    RotationRevision,
    /// When it began.
    RotationStartedAt,
    /// The actor that began it.
    RotationStartedBy,
    /// When its old secret ends.
    GraceEndsAt,
    /// The expiry before it.
    PreviousExpiresAt,
    /// Whether its old secret ends at the first use of the new one.
    EndOldAtFirstUse,
    /// When the key was imported.
    ImportedAt,
    /// The first characters of the imported key.
    ImportedHint,
    /// The revision.
    Revision,
}

impl Part {
    /// The number of parts.
    pub const COUNT: usize = Part::Revision as usize + 1;
}

/// The parts that a verdict shows of a token, with their names there, in their order. Of the
/// parents it shows the first, as `parent`.
pub const VIEW: [(&str, Part); 17] = [
    ("id", Part::Id),
    ("name", Part::Name),
    ("description", Part::Description),
    ("tags", Part::Tags),
    ("metadata", Part::Metadata),
    ("kind", Part::Kind),
    ("owner", Part::Owner),
    ("technicalUser", Part::TechnicalUser),
    ("parents", Part::Parents),
    ("subject", Part::Subject),
    ("role", Part::Role),
    ("resource", Part::Resource),
    ("permissions", Part::Permissions),
    ("resources", Part::Resources),
    ("createdAt", Part::CreatedAt),
    ("expiresAt", Part::ExpiresAt),
    ("rotation", Part::RotationRevision),
];

const INSTANT: Shape = Shape::Whole(0, MAX_SAFE_INTEGER);
const REVISION: Shape = Shape::Whole(0, MAX_SAFE_INTEGER - 1);
const ANY_TEXT: Shape = Shape::Text(|_| true);
const ANY_TEXTS: Shape = Shape::List(&ANY_TEXT);
const ID: Shape = Shape::Text(TokenId::is);
const DIGEST: Shape = Shape::Text(Digest::is_hex);
const NAME: Shape = Shape::Text(Name::is);
const RESOURCE: Shape = Shape::Text(Resource::is);
const IDENTITY: Shape = Shape::Text(Identity::is);
const PERMISSIONS: Shape = Shape::Shared(
    0,
    &Shape::Either(&Shape::List(&Shape::Text(Permission::is)), &CODED_PERMISSIONS),
);
const CHOICES: Shape = Shape::Either(&ANY_TEXTS, &Shape::Shared(1, &CODED_CHOICES));

const fn must(name: &'static str, part: Part, shape: Shape) -> Member {
    required(name, shape).noted(part as usize)
}

const fn may(name: &'static str, part: Part, shape: Shape) -> Member {
    optional(name, shape).noted(part as usize)
}

/// The value of `token/<id>`, while the token is not deleted.
const RECORD: &Schema = &[
    required("v", Shape::Whole(1, 1)),
    may("scheme", Part::Scheme, Shape::OneOf(&["sha256"])),
    must("digest", Part::Digest, DIGEST),
    may("successor", Part::Successor, DIGEST),
    may("retired", Part::Retired, Shape::List(&DIGEST)),
    may("issued", Part::Issued, DIGEST),
    optional(
        "confirmed",
        Shape::Object(&[
            must("revision", Part::ConfirmedRevision, REVISION),
            must("graceEndsAt", Part::ConfirmedGraceEndsAt, INSTANT),
        ]),
    ),
    may("nameHash", Part::NameHash, DIGEST),
    required("token", Shape::Object(TOKEN)),
];

const TOKEN: &Schema = &[
    must("id", Part::Id, ID),
    must("kind", Part::Kind, ANY_TEXT),
    must("name", Part::Name, NAME),
    may("description", Part::Description, Shape::Text(Description::is)),
    may("tags", Part::Tags, Shape::List(&Shape::Text(Tag::is))),
    may("metadata", Part::Metadata, Shape::AnyObject(metadata::MAX_LENGTH)),
    must("owner", Part::Owner, RESOURCE),
    may("technicalUser", Part::TechnicalUser, RESOURCE),
    may("parents", Part::Parents, Shape::List(&ID)),
    may("subject", Part::Subject, IDENTITY),
    must("resource", Part::Resource, RESOURCE),
    may("role", Part::Role, ANY_TEXT),
    must("permissions", Part::Permissions, PERMISSIONS),
    may(
        "resources",
        Part::Resources,
        Shape::Map(Permission::is, &Shape::List(&RESOURCE)),
    ),
    must("templates", Part::Templates, Shape::List(&TemplateUse::SHAPE)),
    must("added", Part::Added, CHOICES),
    must("removed", Part::Removed, CHOICES),
    must(
        "status",
        Part::Status,
        Shape::OneOf(&["active", "disabled", "revoked"]),
    ),
    may("heldAt", Part::HeldAt, RESOURCE),
    may("reason", Part::Reason, Shape::Text(Reason::is)),
    may("statusChangedAt", Part::StatusChangedAt, INSTANT),
    may("statusChangedBy", Part::StatusChangedBy, IDENTITY),
    may("enabledAt", Part::EnabledAt, INSTANT),
    must("createdAt", Part::CreatedAt, INSTANT),
    must("createdBy", Part::CreatedBy, IDENTITY),
    may("notBefore", Part::NotBefore, INSTANT),
    may("expiresAt", Part::ExpiresAt, INSTANT),
    may("idleAfter", Part::IdleAfter, Shape::Whole(1, MAX_SAFE_INTEGER)),
    may(
        "conditions",
        Part::Conditions,
        Shape::Value(|text| Conditions::of_stored(text).is_some()),
    ),
    may(
        "limits",
        Part::Limits,
        Shape::Value(|text| Limits::of_stored(text).is_some()),
    ),
    optional(
        "boundsHeldAt",
        Shape::Object(&[
            may("conditions", Part::ConditionsHeldAt, RESOURCE),
            may("limits", Part::LimitsHeldAt, RESOURCE),
            may("expiresAt", Part::ExpiresAtHeldAt, RESOURCE),
        ]),
    ),
    optional(
        "rotation",
        Shape::Object(&[
            must("revision", Part::RotationRevision, REVISION),
            must("startedAt", Part::RotationStartedAt, INSTANT),
            must("startedBy", Part::RotationStartedBy, IDENTITY),
            must("graceEndsAt", Part::GraceEndsAt, INSTANT),
            may("previousExpiresAt", Part::PreviousExpiresAt, INSTANT),
            may("endOldAtFirstUse", Part::EndOldAtFirstUse, Shape::True),
        ]),
    ),
    optional(
        "imported",
        Shape::Object(&[
            must("at", Part::ImportedAt, INSTANT),
            may("hint", Part::ImportedHint, NAME),
        ]),
    ),
    must("revision", Part::Revision, REVISION),
];

/// The tombstone of a deleted token.
const TOMBSTONE: &Schema = &[
    required("v", Shape::Whole(1, 1)),
    required("id", ID).noted(0),
    required("deletedAt", INSTANT),
    required("deletedBy", IDENTITY),
    required("revision", REVISION),
];

/// The text under the key of a token.
#[derive(Debug)]
pub enum StoredText {
    /// Of a token.
    Record(Box<RecordText>),
    /// Of a deleted token.
    Tombstone,
}

/// The text of a record, and where its parts are. It is well-formed.
#[derive(Clone, Debug)]
pub struct RecordText {
    text: String,
    spans: Spans<{ Part::COUNT }>,
}

impl StoredText {
    /// Reads the text under the key of a token.
    ///
    /// # Errors
    /// When the text is neither a record nor a tombstone of this token.
    pub fn read(id: &TokenId, text: String) -> Result<StoredText, DecodeError> {
        StoredText::read_with(id, text, &mut KnownValues::default())
    }

    /// Reads the text under the key of a token, whose permissions may be known.
    ///
    /// # Errors
    /// As [`StoredText::read`].
    pub(crate) fn read_with(
        id: &TokenId,
        text: String,
        known: &mut KnownValues,
    ) -> Result<StoredText, DecodeError> {
        let Ok(spans) = Spans::read_with(&text, RECORD, known) else {
            let spans = Spans::<1>::read(&text, TOMBSTONE)?;
            let is_of = spans.text(&text, 0).is_some_and(|of| of == id.as_str());
            return is_of.then_some(StoredText::Tombstone).ok_or(DecodeError);
        };
        let record = RecordText { text, spans };
        let is_sound = record.text(Part::Id).is_some_and(|of| of == id.as_str())
            && record.has(Part::Successor) == record.has(Part::RotationRevision);
        is_sound
            .then(|| StoredText::Record(Box::new(record)))
            .ok_or(DecodeError)
    }
}

impl RecordText {
    /// The length in bytes.
    pub(crate) fn size(&self) -> usize {
        self.text.len()
    }

    /// Where the parts of [`VIEW`] begin and end, in UTF-16 code units as JavaScript counts them. 0
    /// and 0: the part is absent.
    #[must_use]
    pub fn view(&self) -> [[u32; 2]; VIEW.len()] {
        let is_ascii = self.text.is_ascii();
        let place = |byte: usize| {
            let units = match self.text.get(..byte) {
                Some(before) if !is_ascii => before.encode_utf16().count(),
                _ => byte,
            };
            u32::try_from(units).unwrap_or_default()
        };
        VIEW.map(|(_, part)| {
            let span = self.spans.all().get(part as usize).and_then(|span| span.range());
            span.map_or([0, 0], |(start, end)| [place(start), place(end)])
        })
    }

    /// Whether a part is there.
    pub(crate) fn has(&self, part: Part) -> bool {
        self.raw(part).is_some()
    }

    /// The text of a part.
    pub(crate) fn raw(&self, part: Part) -> Option<&str> {
        self.spans.raw(&self.text, part as usize)
    }

    /// A part that is a string.
    pub(crate) fn text(&self, part: Part) -> Option<Cow<'_, str>> {
        self.spans.text(&self.text, part as usize)
    }

    /// A part that is a whole number.
    pub(crate) fn whole(&self, part: Part) -> Option<u64> {
        self.spans.whole(&self.text, part as usize)
    }

    /// The names and values of a part that is a map; none if it is absent.
    pub(crate) fn entries(&self, part: Part) -> Entries<'_> {
        self.spans.entries(&self.text, part as usize)
    }

    /// The items of a part that is a list; none if it is absent.
    pub(crate) fn items(&self, part: Part) -> Items<'_> {
        self.spans.items(&self.text, part as usize)
    }

    /// A part that is a list of permissions or choices.
    ///
    /// # Errors
    /// If it is absent, or names a vocabulary that is not at hand.
    pub(crate) fn list<T: Decode>(
        &self,
        part: Part,
        vocabularies: &dyn FindVocabulary,
    ) -> Result<IdList<T>, DecodeError> {
        IdList::of_text(self.raw(part).ok_or(DecodeError)?, vocabularies)
    }

    /// A part that is an instant.
    pub(crate) fn instant(&self, part: Part) -> Option<Instant> {
        self.whole(part).map(Instant::of_stored)
    }

    /// A part that is a resource.
    pub(crate) fn resource(&self, part: Part) -> Option<Resource> {
        Resource::parse(&self.text(part)?).ok()
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

    /// A part, decoded.
    ///
    /// # Errors
    /// If it is absent, or not of the type.
    pub(crate) fn decoded<T: Decode>(&self, part: Part) -> Result<T, DecodeError> {
        decode(self.raw(part).ok_or(DecodeError)?)
    }

    /// A part, decoded; the default if it is absent.
    ///
    /// # Errors
    /// If it is not of the type.
    pub(crate) fn or_default<T: Decode + Default>(&self, part: Part) -> Result<T, DecodeError> {
        self.raw(part).map_or(Ok(T::default()), decode)
    }
}
