//! `Upload-Metadata`: what an ordinary tus client says of its file.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use satchel_kernel::ids::BlobHash;

use crate::store::assets::Bare;
use crate::times;

/// Reads `key base64,key base64,…`. A key may have no value.
pub(super) fn pairs(header: &str) -> Result<Vec<(String, String)>, &'static str> {
    let mut found: Vec<(String, String)> = Vec::new();
    for pair in header.split(',').map(str::trim).filter(|p| !p.is_empty()) {
        let (key, value) = pair.split_once(' ').unwrap_or((pair, ""));
        if !key.is_ascii() || found.iter().any(|(k, _)| k == key) {
            return Err("each key of Upload-Metadata must be ASCII and there once");
        }
        let bytes = STANDARD.decode(value.trim()).map_err(|_| "each value of Upload-Metadata must be base64")?;
        found.push((key.to_owned(), String::from_utf8_lossy(&bytes).into_owned()));
    }
    Ok(found)
}

/// What the page shows of an upload that came without a post.
pub(super) fn bare(metadata: Option<&str>, hash: &BlobHash) -> Bare {
    let pairs = metadata.and_then(|m| pairs(m).ok()).unwrap_or_default();
    let take = |keys: &[&str], max: usize| {
        let value = keys.iter().find_map(|key| pairs.iter().find(|(k, _)| k == key)).map(|(_, v)| v.trim())?;
        Some(value.chars().filter(|c| !c.is_control() || *c == '\n').take(max).collect::<String>())
            .filter(|v| !v.is_empty())
    };
    let degrees = |key, limit: f64| {
        take(&[key], 40).and_then(|v| v.parse::<f64>().ok()).filter(|v| v.is_finite() && v.abs() <= limit)
    };
    let time = take(&["time"], 40);
    Bare {
        name: take(&["filename", "name"], 255).unwrap_or_else(|| hash.to_string()[..12].to_owned()),
        media_type: take(&["filetype", "type"], 100).unwrap_or_else(|| "application/octet-stream".into()),
        rendition: take(&["rendition"], 20).is_some_and(|rendition| rendition != "original"),
        caption: take(&["caption"], 10_000),
        tags: take(&["tags"], 4000)
            .map(|t| {
                t.split(',')
                    .map(|t| t.trim().trim_start_matches('#').to_owned())
                    .filter(|t| !t.is_empty())
                    .take(100)
                    .collect()
            })
            .unwrap_or_default(),
        author: take(&["author"], 200),
        place: take(&["place"], 500),
        latitude: degrees("latitude", 90.0),
        longitude: degrees("longitude", 180.0),
        taken: time.as_deref().and_then(times::wall_clock),
        time,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_post_says_fits_into_metadata() {
        let b64 = |t: &str| STANDARD.encode(t);
        let header = format!(
            "filename {},filetype {},caption {},tags {},latitude {},time {},private",
            b64("IMG_1.jpg"),
            b64("image/jpeg"),
            b64("Boats"),
            b64("sea, harbour,,#dawn"),
            b64("91"),
            b64("2024-05-06T07:08:09+02:00")
        );
        let bare = bare(Some(&header), &BlobHash::of(b""));
        assert_eq!(bare.name, "IMG_1.jpg");
        assert_eq!(bare.tags, ["sea", "harbour", "dawn"]);
        assert_eq!(bare.latitude, None, "91 degrees are none");
        assert_eq!(bare.taken, Some(1_714_979_289));
    }

    #[test]
    fn broken_metadata_is_refused() {
        for bad in ["filename ???", "a YQ==,a YQ==", "ü YQ=="] {
            assert!(pairs(bad).is_err(), "{bad}");
        }
        assert_eq!(pairs("").unwrap(), []);
    }
}
