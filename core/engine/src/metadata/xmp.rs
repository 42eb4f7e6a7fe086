//! What a person wrote about a picture, from its XMP packet (ISO 16684-1): RDF in XML.

use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::{Namespace, ResolveResult};
use quick_xml::reader::NsReader;

use super::Metadata;

const DC: &str = "http://purl.org/dc/elements/1.1/";
const RDF: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";
const XMP: &str = "http://ns.adobe.com/xap/1.0/";

/// In characters; in tags; in characters of a tag. Longer is no caption of a photo.
const CAPTION: usize = 5_000;
const TAGS: usize = 200;
const TAG: usize = 200;
/// No packet nests so deep.
const DEPTH: usize = 64;

/// Which property the text that comes belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Within {
    Nothing,
    /// `default`: the language that is for everyone.
    Caption {
        default: bool,
    },
    Tags,
    Rating,
}

/// Adds what the packet says. A packet that ends badly has said what came before.
pub(super) fn read(packet: &[u8], found: &mut Metadata) {
    let Ok(text) = std::str::from_utf8(packet) else { return };
    let mut reader = NsReader::from_str(text.trim_start_matches('\u{feff}').trim_end_matches('\0'));
    let mut open: Vec<Within> = Vec::new();
    let mut written = String::new();
    let mut by_default = false;
    loop {
        let Ok(event) = reader.read_resolved_event().map(|(space, event)| (named(&space), event)) else { return };
        match event {
            (space, Event::Start(element)) => {
                if open.len() == DEPTH {
                    return;
                }
                rating(&reader, &element, found);
                let outer = open.last().copied().unwrap_or(Within::Nothing);
                let within = match (space, element.local_name().as_ref()) {
                    (Space::Dc, "description") => Within::Caption { default: false },
                    (Space::Dc, "subject") => Within::Tags,
                    (Space::Xmp, "Rating") => Within::Rating,
                    (Space::Rdf, "li") => match outer {
                        Within::Caption { .. } => Within::Caption { default: is_default(&element) },
                        other => other,
                    },
                    (Space::Rdf, "Alt" | "Bag" | "Seq") => outer,
                    // What is within something else is about something else.
                    _ => Within::Nothing,
                };
                open.push(within);
                written.clear();
            }
            (_, Event::Empty(element)) => rating(&reader, &element, found),
            (_, Event::Text(text)) => written.push_str(&text.xml_content(XmlVersion::Implicit1_0)),
            (_, Event::CData(text)) => written.push_str(&text.xml_content(XmlVersion::Implicit1_0)),
            (_, Event::GeneralRef(name)) => {
                let letter = name.resolve_char_ref().ok().flatten();
                let letter = letter.or_else(|| match name.as_ref() {
                    "amp" => Some('&'),
                    "lt" => Some('<'),
                    "gt" => Some('>'),
                    "apos" => Some('\''),
                    "quot" => Some('"'),
                    _ => None,
                });
                written.extend(letter);
            }
            (_, Event::End(_)) => {
                let text = std::mem::take(&mut written);
                match open.pop() {
                    Some(Within::Caption { default }) => {
                        let text = cut(&text, CAPTION);
                        if !text.is_empty() && (found.caption.is_none() || default && !by_default) {
                            found.caption = Some(text);
                            by_default |= default;
                        }
                    }
                    Some(Within::Tags) => {
                        let tag = cut(&text, TAG);
                        if !tag.is_empty() && found.tags.len() < TAGS && !found.tags.contains(&tag) {
                            found.tags.push(tag);
                        }
                    }
                    Some(Within::Rating) => found.rating = found.rating.or(stars(&text)),
                    _ => {}
                }
            }
            (_, Event::Eof) => return,
            _ => {}
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Space {
    Dc,
    Rdf,
    Xmp,
    Other,
}

fn named(space: &ResolveResult<'_>) -> Space {
    match space {
        ResolveResult::Bound(Namespace(name)) if *name == DC => Space::Dc,
        ResolveResult::Bound(Namespace(name)) if *name == RDF => Space::Rdf,
        ResolveResult::Bound(Namespace(name)) if *name == XMP => Space::Xmp,
        _ => Space::Other,
    }
}

/// Simple properties may be attributes of `rdf:Description`.
fn rating(reader: &NsReader<&[u8]>, element: &BytesStart<'_>, found: &mut Metadata) {
    for attribute in element.attributes().flatten() {
        let (space, name) = reader.resolver().resolve_attribute(attribute.key);
        if named(&space) == Space::Xmp && name.as_ref() == "Rating" {
            let value = attribute.normalized_value(XmlVersion::Implicit1_0);
            found.rating = found.rating.or(value.ok().and_then(|value| stars(&value)));
        }
    }
}

fn is_default(element: &BytesStart<'_>) -> bool {
    element.attributes().flatten().any(|a| a.key.as_ref() == "xml:lang" && a.value.as_ref() == "x-default")
}

/// 0 is no rating and -1 is a reject; some write "4.0".
fn stars(text: &str) -> Option<u8> {
    let value: f64 = text.trim().parse().ok()?;
    (1.0..=5.0).contains(&value).then_some(value as u8)
}

fn cut(text: &str, most: usize) -> String {
    text.trim().chars().filter(|letter| !letter.is_control() || *letter == '\n').take(most).collect()
}
