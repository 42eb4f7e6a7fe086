//! Names that phones sent, made safe for any disk: no folders, no control characters, nothing reserved.

/// Longest name in bytes; most disks take 255, and a number and `.xmp` must fit as well.
const LONGEST: usize = 200;

/// A single path component that Linux, macOS and Windows all take.
pub(super) fn safe(name: &str) -> String {
    let bad = |c: char| {
        c.is_control()
            || "/\\:*?\"<>|".contains(c)
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    let mut text: String = name.chars().map(|c| if bad(c) { '_' } else { c }).collect();
    text.truncate(text.trim_end_matches([' ', '.']).len());
    let mut text = text.trim_start().to_owned();
    if text.len() > LONGEST {
        let (stem, extension) = split(&text);
        let extension = if extension.len() > 12 { "" } else { extension };
        let room = LONGEST - extension.len();
        let cut = (0..=room.min(stem.len())).rev().find(|i| stem.is_char_boundary(*i)).unwrap_or(0);
        text = format!("{}{extension}", &stem[..cut]);
    }
    let stem = split(&text).0.split('.').next().unwrap_or_default().to_ascii_uppercase();
    let numbered = |prefix: &str| {
        stem.strip_prefix(prefix).is_some_and(|n| n.len() == 1 && n != "0" && n.as_bytes()[0].is_ascii_digit())
    };
    let reserved = matches!(stem.as_str(), "CON" | "PRN" | "AUX" | "NUL") || numbered("COM") || numbered("LPT");
    if text.is_empty() {
        return "unnamed".into();
    }
    if reserved || text.starts_with('.') { format!("_{text}") } else { text }
}

/// `IMG_1.jpg` as it is, then `IMG_1-2.jpg`, `IMG_1-3.jpg`, …
pub(super) fn numbered(name: &str, number: u32) -> String {
    let (stem, extension) = split(name);
    if number < 2 { name.to_owned() } else { format!("{stem}-{number}{extension}") }
}

/// The number under which `path` is `name` on this shelf, 1 for the plain name; none when it is another name.
pub(super) fn number_of(path: &str, shelf: &str, name: &str) -> Option<u32> {
    let file = path.strip_prefix(shelf)?.strip_prefix('/')?;
    let (stem, extension) = split(name);
    if file == name {
        return Some(1);
    }
    let number = file.strip_prefix(stem)?.strip_suffix(extension)?.strip_prefix('-')?.parse().ok()?;
    (number > 1).then_some(number)
}

/// True for `IMG_1.HEIC` and `IMG_1.MOV`, as a camera names the two files of one live photo. Two equal names are not.
pub(super) fn are_mates(one: &str, other: &str) -> bool {
    split(one).0.eq_ignore_ascii_case(split(other).0) && !one.eq_ignore_ascii_case(other)
}

fn split(name: &str) -> (&str, &str) {
    name.rfind('.').filter(|at| *at > 0).map_or((name, ""), |at| name.split_at(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_leaves_its_shelf() {
        for (name, want) in [
            ("IMG_1.jpg", "IMG_1.jpg"),
            ("../../etc/passwd", "_.._.._etc_passwd"),
            ("..", "unnamed"),
            (".", "unnamed"),
            ("", "unnamed"),
            (" . ", "unnamed"),
            ("a/b\\c:d.jpg", "a_b_c_d.jpg"),
            ("line\nfeed\0.jpg", "line_feed_.jpg"),
            ("con.jpg", "_con.jpg"),
            ("Com1", "_Com1"),
            ("COM10.txt", "COM10.txt"),
            (".htaccess", "_.htaccess"),
            ("trailing. . ", "trailing"),
            ("gpj.\u{202e}exe", "gpj._exe"),
            ("Fjällräven 東京.heic", "Fjällräven 東京.heic"),
        ] {
            assert_eq!(safe(name), want, "{name:?}");
        }
        let long = safe(&format!("{}.jpeg", "ö".repeat(300)));
        assert!(long.len() <= LONGEST && long.ends_with(".jpeg"), "{long}");
        assert!(safe(&"x".repeat(400)).len() <= LONGEST);
    }

    #[test]
    fn numbers_go_before_the_extension() {
        assert_eq!(numbered("IMG_1.jpg", 1), "IMG_1.jpg");
        assert_eq!(numbered("IMG_1.jpg", 3), "IMG_1-3.jpg");
        let number = |path| number_of(path, "Ana/2024-05-06", "IMG_1.jpg");
        assert_eq!(number("Ana/2024-05-06/IMG_1-3.jpg"), Some(3));
        assert_eq!(number("Ana/2024-05-06/IMG_1.jpg"), Some(1));
        assert_eq!(number("Ana/2024-05-06/IMG_1-x.jpg"), None);
        assert_eq!(number("Ana/2024-05-07/IMG_1.jpg"), None);
    }

    #[test]
    fn mates_differ_in_their_endings_alone() {
        assert!(are_mates("IMG_1.HEIC", "IMG_1.MOV") && are_mates("IMG_1.HEIC", "img_1.mov"));
        assert!(!are_mates("IMG_1.MOV", "img_1.mov") && !are_mates("IMG_1", "IMG_1"));
        assert!(!are_mates("IMG_1.HEIC", "IMG_11.MOV") && !are_mates("IMG_1.HEIC", "IMG_1-2.MOV"));
    }
}
