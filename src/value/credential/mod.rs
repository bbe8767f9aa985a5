//! Creates, parses and hashes credentials: the secret text that a bearer presents. The form is
//! `<prefix>_<body>`, for example `acme_live_2…`.
//!
//! The body is base62 with fixed positions: one version character, an id of 16 that sorts by time,
//! a secret of 30 (178 bits), and in the last six a CRC-32 of the characters before it. It is
//! parsed by position: the prefix may contain the separator, and the body may contain any letter.

mod base62;
mod checksum;
mod digest;
mod imported;
mod prefix;
mod scheme;
mod tag;
mod token_id;
mod word;
mod wrong_part;

use std::fmt;

use zeroize::Zeroizing;

pub(crate) use digest::hex;
pub use digest::{Digest, DigestError};
pub use imported::ImportedKeys;
pub use prefix::{CredentialForm, Prefix, PrefixError};
pub use scheme::Scheme;
pub(crate) use tag::CredentialTag;
pub use tag::TagKey;
pub use token_id::{TokenId, TokenIdError};
pub use wrong_part::WrongPart;

use super::time::Instant;

const VERSION: u8 = b'2';
const SECRET: usize = 30;
/// The length of version, id and secret, which are hashed with 8 bytes of the prefix's hash. These
/// 55 bytes are one block of SHA-256.
const HASHED: usize = 1 + TokenId::LENGTH + SECRET;
const BODY: usize = HASHED + checksum::LENGTH;

/// The name of the digest scheme of this credential version. A client that creates its own
/// credential (`mint`) sends it along with the digest.
pub const SCHEME: &str = "credential-2";

/// The number of random bytes for a new credential: 32 for the secret, 8 for the id.
pub const ENTROPY: usize = 32 + TokenId::ENTROPY;

/// A new credential, the only type in the core that holds a secret. Its text is wiped on drop and
/// hidden from `Debug`.
pub struct Credential {
    text: Zeroizing<String>,
    id: TokenId,
    digest: Digest,
}

impl Credential {
    /// Creates the credential of a token that is issued at `now`. Deterministic: the same arguments
    /// give the same credential.
    #[must_use]
    pub fn mint(prefix: &Prefix, now: Instant, entropy: &[u8; ENTROPY]) -> Credential {
        let (_, id_bytes) = entropy.split_at(32);
        Credential::mint_for(prefix, TokenId::mint(now, id_bytes), entropy)
    }

    /// Creates a new credential of an existing token, with a new secret and the same id.
    #[must_use]
    pub fn mint_for(prefix: &Prefix, id: TokenId, entropy: &[u8; ENTROPY]) -> Credential {
        let (secret_bytes, _) = entropy.split_at(32);
        let mut number = Zeroizing::new([0u8; 32]);
        number
            .iter_mut()
            .zip(secret_bytes)
            .for_each(|(to, from)| *to = *from);

        let mut hashed = Zeroizing::new([VERSION; HASHED]);
        let after_version = hashed.split_first_mut();
        if let Some((to, secret)) = after_version.and_then(|(_, rest)| rest.split_first_chunk_mut()) {
            *to = *id.bytes();
            base62::encode(number.as_mut_slice(), secret);
        }
        let digest = Digest::of_credential(&hashed, prefix.ending());
        let sum = checksum::of::<HASHED>(&hashed);
        let mut text = Zeroizing::new(String::with_capacity(prefix.as_str().len() + 1 + BODY));
        text.push_str(prefix.as_str());
        text.push('_');
        for digits in [hashed.as_slice(), &sum] {
            // Letters and digits are valid UTF-8.
            text.push_str(std::str::from_utf8(digits).unwrap_or_default());
        }
        Credential { text, id, digest }
    }

    /// The id of the token.
    #[must_use]
    pub fn id(&self) -> &TokenId {
        &self.id
    }

    /// The digest, for the store.
    #[must_use]
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// The text, to be shown to its bearer once.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.text
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Credential({}, …)", self.id)
    }
}

/// The reason why a text is no credential of this deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// The prefix, the version, the length or an alphabet is wrong.
    Malformed,
    /// The form is right, but the checksum is wrong: the text was mistyped, damaged or invented.
    BadChecksum,
}

/// A presented credential that is well-formed. Whether its token exists is not known yet.
#[derive(Debug)]
pub struct Presented {
    id: TokenId,
    digest: Digest,
    scheme: Scheme,
}

/// The body of a text with the right prefix and length. Nothing else of it has been checked.
#[derive(Clone, Copy)]
pub struct Body<'t>(&'t [u8; BODY]);

impl<'t> Body<'t> {
    /// The body of a text; `None` if the prefix or the length is wrong.
    #[must_use]
    #[inline(always)]
    pub fn of(prefix: &Prefix, text: &'t [u8]) -> Option<Body<'t>> {
        let (start, body) = text.split_last_chunk()?;
        let (separator, start) = start.split_last()?;
        (*separator == b'_' && start == prefix.as_str().as_bytes()).then_some(Body(body))
    }

    /// The characters at the place of the id. They may be any bytes.
    #[inline(always)]
    pub(crate) fn id(&self) -> Option<&'t [u8; TokenId::LENGTH]> {
        self.0.get(1..)?.first_chunk()
    }
}

/// A text with the right form and checksum, not hashed yet.
#[derive(Clone, Copy, Debug)]
pub struct WellFormed<'t> {
    id: TokenId,
    body: &'t [u8; BODY],
    hashed: &'t [u8; HASHED],
    prefix: &'t Prefix,
}

impl<'t> WellFormed<'t> {
    /// Parses a text by position.
    ///
    /// # Errors
    /// [`Unreadable`].
    pub fn read(prefix: &'t Prefix, text: &'t [u8]) -> Result<WellFormed<'t>, Unreadable> {
        let Body(body) = Body::of(prefix, text).ok_or(Unreadable::Malformed)?;
        if body.first() != Some(&VERSION) || !base62::is_base62(body) {
            return Err(Unreadable::Malformed);
        }
        let (Some((hashed, _)), Some(sum)) = (body.split_first_chunk(), body.last_chunk()) else {
            return Err(Unreadable::Malformed);
        };
        if !checksum::is_of(hashed, sum) {
            return Err(Unreadable::BadChecksum);
        }
        let id = Body(body).id().ok_or(Unreadable::Malformed)?;
        Ok(WellFormed {
            id: TokenId::of_digits(*id),
            body,
            hashed,
            prefix,
        })
    }

    /// The token id in the text.
    #[must_use]
    pub fn id(&self) -> &TokenId {
        &self.id
    }

    /// The body of the text.
    #[must_use]
    pub fn body(&self) -> Body<'t> {
        Body(self.body)
    }

    /// Hashes the credential.
    #[must_use]
    pub fn hash(&self) -> Presented {
        Presented::native(self.id, Digest::of_credential(self.hashed, self.prefix.ending()))
    }
}

impl Presented {
    /// Parses by position, compares the checksum, and then hashes.
    ///
    /// # Errors
    /// [`Unreadable`].
    pub fn parse(prefix: &Prefix, text: &str) -> Result<Presented, Unreadable> {
        WellFormed::read(prefix, text.as_bytes()).map(|text| text.hash())
    }

    fn native(id: TokenId, digest: Digest) -> Presented {
        Presented {
            id,
            digest,
            scheme: Scheme::Native,
        }
    }

    /// A key that another system issued, with the id of the token that it was found under.
    pub(crate) fn imported(id: TokenId, digest: Digest) -> Presented {
        Presented {
            id,
            digest,
            scheme: Scheme::Sha256,
        }
    }

    /// The digest scheme.
    #[must_use]
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The id of the token: the id in the text, or the one that an imported key was found under.
    #[must_use]
    pub fn id(&self) -> &TokenId {
        &self.id
    }

    /// The digest of the presented text.
    #[must_use]
    pub fn digest(&self) -> &Digest {
        &self.digest
    }
}
