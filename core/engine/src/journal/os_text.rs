//! Names and paths in JSON without loss, whatever bytes they hold: text where they are text, else their bytes.

use std::ffi::{OsStr, OsString};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Written {
    Text(String),
    /// A Unix name that is not UTF-8.
    Bytes {
        /// RFC 4648 §4.
        base64: String,
    },
    /// A Windows name with lone surrogates.
    Wide {
        wide: Vec<u16>,
    },
}

pub(super) fn serialize<T: AsRef<OsStr>, S: Serializer>(name: &T, to: S) -> Result<S::Ok, S::Error> {
    let name = name.as_ref();
    match name.to_str() {
        Some(text) => Written::Text(text.to_owned()),
        None => write_raw(name),
    }
    .serialize(to)
}

pub(super) fn deserialize<'de, T: From<OsString>, D: Deserializer<'de>>(from: D) -> Result<T, D::Error> {
    let name = match Written::deserialize(from)? {
        Written::Text(text) => text.into(),
        Written::Bytes { base64 } => from_bytes(STANDARD.decode(base64).map_err(de::Error::custom)?),
        Written::Wide { wide } => from_wide(&wide),
    };
    Ok(T::from(name))
}

fn write_raw(name: &OsStr) -> Written {
    #[cfg(unix)]
    {
        Written::Bytes { base64: STANDARD.encode(std::os::unix::ffi::OsStrExt::as_bytes(name)) }
    }
    #[cfg(windows)]
    {
        Written::Wide { wide: std::os::windows::ffi::OsStrExt::encode_wide(name).collect() }
    }
    #[cfg(not(any(unix, windows)))]
    {
        Written::Text(name.to_string_lossy().into_owned())
    }
}

fn from_bytes(bytes: Vec<u8>) -> OsString {
    #[cfg(unix)]
    {
        std::os::unix::ffi::OsStringExt::from_vec(bytes)
    }
    // Written on another kind of system: its paths lead nowhere here, whatever they look like.
    #[cfg(not(unix))]
    {
        String::from_utf8_lossy(&bytes).into_owned().into()
    }
}

fn from_wide(wide: &[u16]) -> OsString {
    #[cfg(windows)]
    {
        std::os::windows::ffi::OsStringExt::from_wide(wide)
    }
    #[cfg(not(windows))]
    {
        String::from_utf16_lossy(wide).into()
    }
}
