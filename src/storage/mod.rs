//! Storage: the plan of reads and writes, keys, seals, the change feed and the audit trail.

pub mod audit;
pub mod bounds;
pub mod feed;
pub mod keys;
pub mod plan;
pub mod seal;
pub mod shard_count;
pub mod store_meta;
pub mod vocabularies;
