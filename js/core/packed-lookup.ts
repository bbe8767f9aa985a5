/** How the verify module packs the result of a cache lookup into one number: docs/boundary.md. */

/** A packed lookup that missed. Lower values encode the code of a text that names no token. */
export const MISS = -1;

/** The bit in the answer of `begin` for vocabularies that the core lacks; no other is higher. */
export const LACKS_VOCABULARIES = 8;

/**
 * In a packed lookup, the bit for a rotation's new secret, or for the old one after its grace. The
 * lower bits are the code.
 */
export const SUCCESSOR_BIT = 1 << 7;

/** In a packed lookup, the position of the slot. */
export const SLOT_SHIFT = 8;

/** The most credentials of one `lookupBatch`. */
export const MAX_BATCH_LOOKUPS = 64;
