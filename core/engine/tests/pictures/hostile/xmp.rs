//! XMP: depth, entities, names and attributes by the thousand.

use super::bits::{chunk, jpeg_with, segment};
use super::{Case, case};
use crate::made::{self, Jpeg};

const HEAD: &str = r#"<x:xmpmeta xmlns:x="adobe:ns:meta/"><r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
 xmlns:d="http://purl.org/dc/elements/1.1/">"#;
const FOOT: &str = "</r:RDF></x:xmpmeta>";

pub(super) fn cases() -> Vec<Case> {
    let photo = Jpeg::default().scene(48, 32);
    let small = made::png_scene(48, 32);
    let wrapped = |inside: &str| format!("{HEAD}{inside}{FOOT}").into_bytes();
    let numbered = |count: usize, each: &dyn Fn(usize) -> String| (0..count).map(each).collect::<String>();
    let entities = {
        let mut packet = "<!DOCTYPE x [<!ENTITY a0 \"haha\">".to_owned();
        for n in 1..12 {
            packet += &format!("<!ENTITY a{n} \"{}\">", format!("&a{};", n - 1).repeat(10));
        }
        format!("{packet}]>{HEAD}<d:description>&a11;</d:description>{FOOT}").into_bytes()
    };
    let packets: Vec<(&str, Vec<u8>)> = vec![
        ("a hundred thousand elements deep", "<x>".repeat(100_000).into_bytes()),
        ("as deep, and all closed", wrapped(&("<y>".repeat(60) + &"</y>".repeat(60)).repeat(1500))),
        ("entities of entities", entities),
        ("an entity from elsewhere", {
            let doctype = "<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/hostname\">]>";
            format!("{doctype}{HEAD}<d:description>&e;</d:description>{FOOT}").into_bytes()
        }),
        ("a hundred thousand attributes", wrapped(&format!("<y {}/>", numbered(100_000, &|n| format!("a{n}='' "))))),
        ("fifty thousand namespaces", {
            let names = numbered(20_000, &|n| format!("xmlns:n{n}='u{n}' "));
            wrapped(&format!("<y {names}>{}</y>", numbered(30_000, &|n| format!("<n{n}:a/>"))))
        }),
        ("sixty elements of a hundred namespaces", {
            let start = |depth: usize| {
                let names = numbered(100, &|n| format!("xmlns:n{depth}x{n}='u' "));
                format!("<y {names}>")
            };
            let deep = numbered(60, &start);
            wrapped(&(deep + &"<n1:a n2:b='' n3:c=''/>".repeat(30_000) + &"</y>".repeat(60)))
        }),
        ("a hundred thousand tags", {
            let tags = numbered(60_000, &|n| format!("<r:li>t{n}</r:li>"));
            wrapped(&format!("<d:subject><r:Bag>{tags}</r:Bag></d:subject>"))
        }),
        ("a caption of a megabyte", wrapped(&format!("<d:description>{}</d:description>", "word ".repeat(200_000)))),
        (
            "a caption of a hundred thousand references",
            wrapped(&format!("<d:description>{}</d:description>", "&#97;".repeat(200_000))),
        ),
        ("a comment without end", wrapped(&format!("<!--{}", "-".repeat(900_000)))),
        ("a section without end", wrapped(&format!("<![CDATA[{}", "]".repeat(900_000)))),
        ("an attribute without end", wrapped(&format!("<y a=\"{}", "<".repeat(900_000)))),
        ("no letters of any language", made::scene(200, 100)),
        ("two bytes a letter", HEAD.encode_utf16().flat_map(u16::to_le_bytes).collect()),
        ("ends that nothing began", wrapped(&"</y>".repeat(200_000))),
        ("a rating of everything", wrapped("<y xmlns:m='http://ns.adobe.com/xap/1.0/' m:Rating='1e309'/>")),
    ];
    let mut cases = Vec::new();
    for (name, packet) in packets {
        let text = [b"XML:com.adobe.xmp\0\0\0\0\0".as_slice(), &packet].concat();
        let png = [&small[..33], &chunk(b"iTXt", &text), &small[33..]].concat();
        cases.push(case(format!("xmp: {name}"), "png", png));
        let content = [b"http://ns.adobe.com/xap/1.0/\0".as_slice(), &packet[..packet.len().min(65_000)]].concat();
        cases.push(case(format!("xmp: {name}, of a JPEG"), "jpg", jpeg_with(&photo, &segment(0xE1, &content))));
    }
    cases
}
