//! The sidecar of a file in the newsroom's folder: what its post says, as XMP (ISO 16684-1).

use std::fmt::Write as _;

use crate::store::assets::AssetView;

/// The whole sidecar. Empty fields are left out.
pub(super) fn sidecar(asset: &AssetView) -> String {
    let mut fields = String::new();
    let mut add = |text: &str| fields.push_str(text);
    if let Some(caption) = &asset.caption {
        add(&format!(
            "   <dc:description><rdf:Alt><rdf:li xml:lang=\"x-default\">{}</rdf:li></rdf:Alt></dc:description>\n",
            escaped(caption)
        ));
    }
    if !asset.tags.is_empty() {
        let tags: String = asset.tags.iter().map(|t| format!("<rdf:li>{}</rdf:li>", escaped(t))).collect();
        add(&format!("   <dc:subject><rdf:Bag>{tags}</rdf:Bag></dc:subject>\n"));
    }
    let creator = asset.author.as_deref().unwrap_or(&asset.contributor);
    add(&format!("   <dc:creator><rdf:Seq><rdf:li>{}</rdf:li></rdf:Seq></dc:creator>\n", escaped(creator)));
    if let Some(place) = &asset.place {
        add(&format!("   <Iptc4xmpCore:Location>{}</Iptc4xmpCore:Location>\n", escaped(place)));
    }
    if let (Some(latitude), Some(longitude)) = (asset.latitude, asset.longitude) {
        add(&format!("   <exif:GPSLatitude>{}</exif:GPSLatitude>\n", degrees(latitude, 'N', 'S')));
        add(&format!("   <exif:GPSLongitude>{}</exif:GPSLongitude>\n", degrees(longitude, 'E', 'W')));
    }
    if let Some(time) = asset.time.as_deref().filter(|t| crate::times::wall_clock(t).is_some()) {
        add(&format!(
            "   <xmp:CreateDate>{0}</xmp:CreateDate>\n   <photoshop:DateCreated>{0}</photoshop:DateCreated>\n",
            escaped(time)
        ));
    }
    format!(
        "<?xpacket begin=\"\u{feff}\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n\
         <x:xmpmeta xmlns:x=\"adobe:ns:meta/\">\n <rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\n  \
         <rdf:Description rdf:about=\"\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\" xmlns:xmp=\"http://ns.adobe.com/xap/1.0/\" \
         xmlns:photoshop=\"http://ns.adobe.com/photoshop/1.0/\" xmlns:exif=\"http://ns.adobe.com/exif/1.0/\" \
         xmlns:Iptc4xmpCore=\"http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/\">\n{fields}  </rdf:Description>\n </rdf:RDF>\n</x:xmpmeta>\n<?xpacket end=\"w\"?>\n"
    )
}

/// `DDD,MM.mmmmmK`, as XMP writes GPS coordinates.
fn degrees(value: f64, positive: char, negative: char) -> String {
    // In units of 0.00001 minutes, so that 59.999999 minutes do not round to 60.
    let units = (value.abs() * 6_000_000.0).round();
    let whole = (units / 6_000_000.0).floor();
    let minutes = (units - whole * 6_000_000.0) / 100_000.0;
    format!("{whole},{minutes:.5}{}", if value < 0.0 { negative } else { positive })
}

/// XML 1.0 text: what it cannot hold is left out.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push(c),
            '\u{fffe}' | '\u{ffff}' => {}
            c if c.is_control() => {
                if c >= '\u{7f}' {
                    let _ = write!(out, "&#{};", u32::from(c));
                }
            }
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coordinates_are_written_as_xmp_wants() {
        assert_eq!(degrees(48.858_37, 'N', 'S'), "48,51.50220N");
        assert_eq!(degrees(-0.5, 'E', 'W'), "0,30.00000W");
        assert_eq!(degrees(9.999_999_999, 'E', 'W'), "10,0.00000E");
    }

    #[test]
    fn text_cannot_break_out() {
        assert_eq!(escaped("</rdf:li>&\u{0}\u{1b}\""), "&lt;/rdf:li&gt;&amp;&quot;");
    }
}
