//! The random bytes of a host.

use std::fmt;

use super::error::Error;
use crate::operation::{ENTROPY, Entropy};
use zeroize::Zeroizing;

/// A cryptographic generator.
pub trait EntropySource: Send + Sync + fmt::Debug {
    /// Fills `bytes`. `false`: the generator failed, and nothing is created.
    fn fill(&self, bytes: &mut [u8]) -> bool;
}

/// The generator of the operating system.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemEntropy;

impl EntropySource for SystemEntropy {
    fn fill(&self, bytes: &mut [u8]) -> bool {
        getrandom::fill(bytes).is_ok()
    }
}

/// Draws the bytes of one call.
pub(super) fn draw(source: &dyn EntropySource) -> Result<Entropy, Error> {
    Ok(Entropy::new(random(source)?))
}

/// Random bytes. A generator that leaves zeros has failed.
pub(super) fn random<const N: usize>(source: &dyn EntropySource) -> Result<Zeroizing<[u8; N]>, Error> {
    let mut bytes = Zeroizing::new([0; N]);
    if source.fill(bytes.as_mut_slice()) && bytes.iter().any(|byte| *byte != 0) {
        return Ok(bytes);
    }
    Err(Error::internal("the random number generator failed"))
}

const _: () = assert!(ENTROPY == 64);
