//! The record that was read last, as what it says. A verification from the store asks for what a token rests on once it has read its record, and
//! is then given the same text again.

use crate::codec::decode::Damaged;
use crate::model::record::{Secrets, Stored};
use crate::model::token::Token;
use crate::value::credential::TokenId;

/// A record by its text: nothing but a function of that, so it cannot be out of date.
#[derive(Debug, Default)]
pub(crate) struct Recent(Option<(String, Box<(Secrets, Token)>)>);

/// What is stored under the id of a token.
#[derive(Debug)]
pub(crate) enum Read {
    /// A token with the digests of its secrets.
    Token(Box<(Secrets, Token)>),
    /// What is left of a deleted token.
    Tombstone,
}

impl Recent {
    /// What a text says that is stored under an id: taken from here, if it is the same text as before.
    pub(crate) fn take(&mut self, id: &TokenId, text: &str) -> Result<Read, Damaged> {
        match self.0.take() {
            Some((known, read)) if known == text && read.1.id == *id => Ok(Read::Token(read)),
            _ => Ok(match Stored::parse(id, text)? {
                Stored::Record(record) => Read::Token(Box::new(record.into_parts())),
                Stored::Tombstone => Read::Tombstone,
            }),
        }
    }

    /// Keeps what a text says until the next is read.
    pub(crate) fn keep(&mut self, text: &str, secrets: Secrets, token: Token) {
        self.0 = Some((text.to_owned(), Box::new((secrets, token))));
    }
}
