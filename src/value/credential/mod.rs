//! The secret text that a bearer presents: `<prefix>_<body>`, for example `acme_live_2…`.
//!
//! The body is base62 in fixed positions: one version character, an id of 16 that sorts by time, a secret of 30 (178 bits),
//! a CRC-32 of what stands before it in six. It is parsed by position: the prefix may contain the separator, the body may contain
//! any letter.

mod base62;
mod checksum;
mod digest;
mod imported;
mod prefix;
mod scheme;
#[cfg(any(test, target_feature = "simd128"))]
mod sha256_block;
#[cfg(any(test, target_feature = "simd128"))]
mod sha256_word;
mod token_id;
mod wrong_part;

use std::fmt;

use zeroize::Zeroizing;

pub use digest::Digest;
pub(crate) use digest::hex;
pub use imported::ImportedKeys;
pub use prefix::{CredentialForm, Prefix};
pub use scheme::Scheme;
pub use token_id::TokenId;
pub use wrong_part::WrongPart;

use super::time::Instant;

const VERSION: u8 = b'2';
const SECRET: usize = 30;
/// Version, id and secret: what is hashed, before the 8 bytes that stand for the prefix. These 55 bytes are one block of SHA-256.
const HASHED: usize = 1 + TokenId::LENGTH + SECRET;
const BODY: usize = HASHED + checksum::LENGTH;

/// What the digest of a credential of this version is called where a client hands one over, which its `mint` made.
pub const SCHEME: &str = "credential-2";

/// How many random bytes a new credential takes: 32 for the secret, 8 for the id.
pub const ENTROPY: usize = 32 + TokenId::ENTROPY;

/// A new credential. The only place where a secret lives in the core; wiped when it is dropped, hidden from `Debug`.
pub struct Credential {
    text: Zeroizing<String>,
    id: TokenId,
    digest: Digest,
}

impl Credential {
    /// Makes the credential of a token that is issued at `now`. The same arguments give the same credential.
    #[must_use]
    pub fn mint(prefix: &Prefix, now: Instant, entropy: &[u8; ENTROPY]) -> Credential {
        let (_, id_bytes) = entropy.split_at(32);
        Credential::mint_for(prefix, TokenId::mint(now, id_bytes), entropy)
    }

    /// Makes a new credential of a token that exists: another secret, the same id.
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
        text.extend(hashed.iter().chain(&sum).map(|digit| char::from(*digit)));
        Credential { text, id, digest }
    }

    /// The id of its token.
    #[must_use]
    pub fn id(&self) -> &TokenId {
        &self.id
    }

    /// What is stored.
    #[must_use]
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// The text, to be handed to its bearer once.
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

/// Why a text is no credential of this deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// The prefix, the version, the length or an alphabet is wrong.
    Malformed,
    /// The form is right, the checksum is not: mistyped, cut or made up.
    BadChecksum,
}

/// A well-formed credential that somebody presented. Nothing is known of its token yet.
#[derive(Debug)]
pub struct Presented {
    id: TokenId,
    digest: Digest,
    scheme: Scheme,
}

/// A text of the right form and checksum, before it is hashed.
#[derive(Clone, Copy, Debug)]
pub struct WellFormed<'t> {
    id: TokenId,
    hashed: &'t [u8; HASHED],
    prefix: &'t Prefix,
}

impl<'t> WellFormed<'t> {
    /// Reads by position.
    ///
    /// # Errors
    /// [`Unreadable`].
    pub fn read(prefix: &'t Prefix, text: &'t [u8]) -> Result<WellFormed<'t>, Unreadable> {
        let by_position = || text.strip_prefix(prefix.as_str().as_bytes())?.strip_prefix(b"_");
        let body: &[u8; BODY] = by_position()
            .and_then(<[u8]>::as_array)
            .ok_or(Unreadable::Malformed)?;
        if body.first() != Some(&VERSION) || !base62::is_base62(body) {
            return Err(Unreadable::Malformed);
        }
        let (Some((hashed, _)), Some(sum)) = (body.split_first_chunk(), body.last_chunk()) else {
            return Err(Unreadable::Malformed);
        };
        if !checksum::is_of(hashed, sum) {
            return Err(Unreadable::BadChecksum);
        }
        let id = hashed
            .get(1..)
            .and_then(<[u8]>::first_chunk)
            .ok_or(Unreadable::Malformed)?;
        Ok(WellFormed {
            id: TokenId::of_digits(*id),
            hashed,
            prefix,
        })
    }

    /// The id that the text names.
    #[must_use]
    pub fn id(&self) -> &TokenId {
        &self.id
    }

    /// The credential, by its digest.
    #[must_use]
    pub fn hash(&self) -> Presented {
        Presented::native(self.id, Digest::of_credential(self.hashed, self.prefix.ending()))
    }

    /// Four at a time: [`WellFormed::hash`] of each.
    #[must_use]
    pub fn hash_four(four: [WellFormed; 4]) -> [Presented; 4] {
        let digests = Digest::of_four(four.map(|one| (one.hashed, one.prefix.ending())));
        let mut ids = four.map(|one| one.id).into_iter();
        digests.map(|digest| Presented::native(ids.next().unwrap_or(TokenId::of_digits([0; 16])), digest))
    }
}

impl Presented {
    /// Parses by position and compares the checksum before anything is hashed.
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

    /// A key that another system issued, with the id that it was found under.
    pub(crate) fn imported(id: TokenId, digest: Digest) -> Presented {
        Presented {
            id,
            digest,
            scheme: Scheme::Sha256,
        }
    }

    /// What its digest is of.
    #[must_use]
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The id that the text names.
    #[must_use]
    pub fn id(&self) -> &TokenId {
        &self.id
    }

    /// The digest of what was presented.
    #[must_use]
    pub fn digest(&self) -> &Digest {
        &self.digest
    }
}
