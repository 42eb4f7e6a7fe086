//! A terminal's screen as a page: SGR colours (ECMA-48 §8.3.117) become spans.

const BEFORE: &str = "<!doctype html><meta charset=utf-8><style>html{background:#16181d}body{margin:0;padding:22px 26px}\
    pre{margin:0;color:#d8dbe2;font:14px/20px 'DejaVu Sans Mono','Liberation Mono',Menlo,monospace}</style><pre>";
/// The usual sixteen, calm on a dark ground.
const COLOURS: [&str; 16] = [
    "#3b4048", "#e06c75", "#98c379", "#e5c07b", "#61afef", "#c678dd", "#56b6c2", "#d8dbe2", "#7f848e", "#ef8b93",
    "#b2d897", "#f0d399", "#8cc6f5", "#d79be8", "#7fcbd4", "#ffffff",
];

/// The screen as a page.
pub(super) fn html(screen: &str) -> String {
    let mut page = BEFORE.to_owned();
    let mut style = Style::default();
    let mut rest = screen;
    while let Some(start) = rest.find("\x1b[") {
        text(&mut page, &rest[..start], style);
        let after = &rest[start + 2..];
        let end = after.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(after.len());
        if after[end..].starts_with('m') {
            style.take(&after[..end]);
        }
        rest = after.get(end + 1..).unwrap_or_default();
    }
    text(&mut page, rest, style);
    page + "</pre>"
}

/// How high the page must be for all its lines, in pixels.
pub(super) fn height(screen: &str) -> usize {
    screen.lines().count() * 20 + 44
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Style {
    bold: bool,
    dim: bool,
    colour: Option<usize>,
}

impl Style {
    fn take(&mut self, codes: &str) {
        let mut codes = codes.split([';', ':']).map(|code| code.parse::<usize>().unwrap_or(0));
        while let Some(code) = codes.next() {
            match code {
                0 => *self = Self::default(),
                1 => self.bold = true,
                2 => self.dim = true,
                22 => (self.bold, self.dim) = (false, false),
                30..=37 => self.colour = Some(code - 30),
                90..=97 => self.colour = Some(code - 82),
                39 => self.colour = None,
                38 => {
                    // Only the first sixteen of 256 are told apart here; others keep the text's own colour.
                    codes.next();
                    self.colour = codes.next().filter(|c| *c < COLOURS.len());
                }
                _ => {}
            }
        }
    }
}

fn text(page: &mut String, text: &str, style: Style) {
    if text.is_empty() {
        return;
    }
    let Style { bold, dim, colour } = style;
    let colour = colour.map_or("inherit", |c| COLOURS[c]);
    let (weight, opacity) = (if bold { 700 } else { 400 }, if dim { "0.6" } else { "1" });
    let safe = text.replace('&', "&amp;").replace('<', "&lt;");
    page.push_str(&format!("<span style=\"color:{colour};font-weight:{weight};opacity:{opacity}\">{safe}</span>"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_become_spans_and_text_stays_text() {
        let page = html("a<b\x1b[1;32mgreen\x1b[0m & plain\x1b[38;5;4mblue\x1b[K");
        assert!(page.contains("a&lt;b"));
        assert!(page.contains("color:#98c379;font-weight:700;opacity:1\">green"));
        assert!(page.contains("color:#61afef;font-weight:400;opacity:1\">blue"));
        assert!(!page.contains('\x1b'));
    }
}
