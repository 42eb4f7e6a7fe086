//! Takes metadata out of originals.
