//! Names of things, as types that cannot be mixed up.
//!
//! Ids that a client chooses (assets, uploads, nonces) are 16 random bytes, written as 32 lower-case
//! hexadecimal digits everywhere: in the database, on the wire, in Kotlin and Swift.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize, de};

/// A text was not the id it was meant to be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not {what}: expected {digits} hexadecimal digits")]
pub struct BadId {
    what: &'static str,
    digits: usize,
}

fn parse_hex<const N: usize>(text: &str, what: &'static str) -> Result<[u8; N], BadId> {
    let bad = || BadId { what, digits: N * 2 };
    let digits = text.as_bytes();
    if digits.len() != N * 2 {
        return Err(bad());
    }
    let nibble = |b: u8| match b {
        b'0'..=b'9' => Ok(b - b'0'),
        b'a'..=b'f' => Ok(b - b'a' + 10),
        b'A'..=b'F' => Ok(b - b'A' + 10),
        _ => Err(bad()),
    };
    let mut out = [0u8; N];
    for (byte, pair) in out.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = nibble(pair[0])? << 4 | nibble(pair[1])?;
    }
    Ok(out)
}

macro_rules! hex_id {
    ($(#[$doc:meta])* $name:ident, $len:literal, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; $len]);

        impl $name {
            /// Takes the bytes as they are.
            pub const fn from_bytes(bytes: [u8; $len]) -> Self {
                Self(bytes)
            }
            /// The bytes.
            pub const fn as_bytes(&self) -> &[u8; $len] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|b| write!(f, "{b:02x}"))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl FromStr for $name {
            type Err = BadId;
            fn from_str(text: &str) -> Result<Self, BadId> {
                parse_hex::<$len>(text, $what).map(Self)
            }
        }

        impl TryFrom<&[u8]> for $name {
            type Error = BadId;
            fn try_from(bytes: &[u8]) -> Result<Self, BadId> {
                let bad = BadId { what: $what, digits: $len * 2 };
                bytes.try_into().map(Self).map_err(|_| bad)
            }
        }

        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(d)?;
                text.parse().map_err(de::Error::custom)
            }
        }
    };
}

hex_id!(
    /// One thing that the camera made, on this device.
    AssetId, 16, "an asset id"
);
hex_id!(
    /// The BLAKE3 hash of some bytes: the name of a blob.
    BlobHash, 32, "a BLAKE3 hash"
);
hex_id!(
    /// The client's own name for one upload; sent as `Idempotency-Key` where the server honours it.
    UploadKey, 16, "an upload key"
);
hex_id!(
    /// A number used once, which a receipt must repeat.
    Nonce, 16, "a nonce"
);
hex_id!(
    /// One Satchel on one device.
    OutboxId, 16, "an outbox id"
);
hex_id!(
    /// One step that was handed out to a host's system, which transfers by itself.
    LeaseId, 16, "a lease id"
);
hex_id!(
    /// A host that carries requests itself: kept by it for as long as its system may carry them.
    HostId, 16, "a host id"
);
hex_id!(
    /// One start of the device's kernel; `since boot` of different boots cannot be compared.
    BootId, 16, "a boot id"
);

impl BlobHash {
    /// The name of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(*blake3::hash(bytes).as_bytes())
    }
}

macro_rules! row_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

row_id!(
    /// A row of the outbox's `target` table.
    TargetId
);
row_id!(
    /// A row of the outbox's `endpoint` table.
    EndpointId
);
row_id!(
    /// A row of the outbox's `part` table.
    PartId
);
row_id!(
    /// A row of the outbox's `payload` table.
    PayloadId
);
row_id!(
    /// A row of the outbox's `delivery` table.
    DeliveryId
);
row_id!(
    /// A row of the outbox's `upload` table.
    UploadId
);
row_id!(
    /// A row of the outbox's `given` table: a grant.
    GrantId
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_survive_text_and_json() {
        let id = AssetId::from_bytes([0xa5; 16]);
        assert_eq!(id.to_string().parse::<AssetId>().unwrap(), id);
        let json = serde_json::to_string(&id).unwrap();
        assert_eq!(serde_json::from_str::<AssetId>(&json).unwrap(), id);
    }

    #[test]
    fn a_wrong_length_or_digit_is_refused() {
        for bad in ["", "00", &"g".repeat(32), &"0".repeat(31), &"0".repeat(64)] {
            assert!(bad.parse::<AssetId>().is_err(), "{bad}");
        }
    }
}
