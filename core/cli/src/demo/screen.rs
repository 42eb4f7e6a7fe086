//! What the demo shows: prose that scrolls, and below it, on a terminal, a few lines that stay in place.
//!
//! Where there is no terminal it is plain lines, one for each thing worth telling; with `--json`, objects.

use std::io::{IsTerminal as _, Write as _};
use std::sync::{Mutex, MutexGuard, PoisonError};

use console::{Term, measure_text_width};
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::{Value, json};

use crate::output::{bytes, line};

/// Uploads that are shown side by side.
pub(super) const ROWS: usize = 3;
/// Prose is not wider than this, however wide the terminal is.
const WIDEST: usize = 100;
/// Before each line of prose, so that the chapters' titles stand out.
const INDENT: &str = "   ";

/// How a text stands out, on terminals that can show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    Bold,
    Dim,
    Good,
    Wait,
    Accent,
}

/// The screen.
pub(super) struct Screen {
    form: Form,
    colours: bool,
    /// What was said last: the same thing twice in a row is told once.
    last: Mutex<String>,
}

enum Form {
    Bars { multi: MultiProgress, lines: Mutex<Vec<ProgressBar>> },
    Plain,
    Json,
}

/// What stays in place.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct View {
    pub(super) link: String,
    pub(super) rows: Vec<Row>,
    pub(super) assets: u64,
    pub(super) delivered: u64,
    pub(super) done_bytes: u64,
    pub(super) all_bytes: u64,
    pub(super) waits: Option<(u64, String)>,
}

/// One upload.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Row {
    pub(super) name: String,
    pub(super) sent: u64,
    pub(super) bytes: u64,
    /// It stands still.
    pub(super) rests: bool,
}

impl Screen {
    pub(super) fn new(json: bool) -> Self {
        let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let terminal = std::io::stdout().is_terminal() && std::env::var_os("TERM").is_none_or(|term| term != "dumb");
        let form = match (json, terminal) {
            (true, _) => Form::Json,
            (false, false) => Form::Plain,
            (false, true) => Form::Bars {
                multi: MultiProgress::with_draw_target(ProgressDrawTarget::stdout_with_hz(12)),
                lines: Mutex::default(),
            },
        };
        let colours = matches!(form, Form::Bars { .. }) && !set("NO_COLOR");
        Self { form, colours, last: Mutex::default() }
    }

    /// Puts the lines that stay in place below what was said so far.
    pub(super) fn open_bars(&self) {
        if let Form::Bars { multi, lines } = &self.form {
            let style = ProgressStyle::with_template("{wide_msg}").expect("the template is well formed");
            *locked(lines) = (0..ROWS + 4).map(|_| multi.add(ProgressBar::new(1).with_style(style.clone()))).collect();
            self.show(&View::default());
        }
    }

    /// Takes these lines away.
    pub(super) fn close_bars(&self) {
        if let Form::Bars { multi, lines } = &self.form {
            for line in locked(lines).drain(..) {
                line.finish_and_clear();
            }
            let _ = multi.clear();
        }
    }

    /// A text in a tone.
    pub(super) fn paint(&self, tone: Tone, text: &str) -> String {
        if !self.colours || text.is_empty() {
            return text.to_owned();
        }
        let code = match tone {
            Tone::Bold => "1",
            Tone::Dim => "2",
            Tone::Good => "32",
            Tone::Wait => "33",
            Tone::Accent => "36",
        };
        format!("\x1b[{code}m{text}\x1b[0m")
    }

    /// A new chapter.
    pub(super) fn chapter(&self, number: u32, title: &str, prose: &str) {
        if let Form::Json = self.form {
            return line(&json!({ "event": "chapter", "number": number, "title": title, "text": prose }));
        }
        self.print("");
        self.print(&self.paint(Tone::Bold, &format!("{number}  {title}")));
        for line in wrapped(prose, self.width() - INDENT.len()) {
            self.print(&format!("{INDENT}{}", self.paint(Tone::Dim, &line)));
        }
    }

    /// Something that happened.
    pub(super) fn say(&self, text: &str) {
        self.tell("·", None, text);
    }

    /// Something that went well.
    pub(super) fn good(&self, text: &str) {
        self.tell("✓", Some(Tone::Good), text);
    }

    /// Something that holds the work up.
    pub(super) fn trouble(&self, text: &str) {
        self.tell("×", Some(Tone::Wait), text);
    }

    fn tell(&self, mark: &str, tone: Option<Tone>, text: &str) {
        {
            let mut last = locked(&self.last);
            if *last == text {
                return;
            }
            text.clone_into(&mut last);
        }
        if let Form::Json = self.form {
            let event = match tone {
                Some(Tone::Wait) => "trouble",
                Some(_) => "good",
                None => "say",
            };
            return line(&json!({ "event": event, "text": text }));
        }
        let mark = tone.map_or_else(|| mark.to_owned(), |tone| self.paint(tone, mark));
        for (n, line) in wrapped(text, self.width() - INDENT.len() - 2).into_iter().enumerate() {
            let mark = if n == 0 { mark.as_str() } else { " " };
            self.print(&format!("{INDENT}{mark} {line}"));
        }
    }

    /// An object, with `--json`; else these lines.
    pub(super) fn report(&self, object: &Value, lines: &[String]) {
        match self.form {
            Form::Json => line(object),
            _ => lines.iter().for_each(|line| self.print(line)),
        }
    }

    /// A line as it is. A reader that went away is no fault of ours.
    fn print(&self, text: &str) {
        match &self.form {
            Form::Bars { multi, lines } if !locked(lines).is_empty() => {
                // An empty line would not be drawn at all.
                let _ = multi.println(if text.is_empty() { " " } else { text });
            }
            Form::Json => {}
            _ => {
                let mut out = std::io::stdout().lock();
                let _ = writeln!(out, "{text}").and_then(|()| out.flush());
            }
        }
    }

    /// Columns to write in.
    pub(super) fn width(&self) -> usize {
        match self.form {
            Form::Bars { .. } => {
                Term::stdout().size_checked().map_or(80, |(_, columns)| usize::from(columns)).clamp(40, WIDEST)
            }
            _ => 80,
        }
    }

    /// Draws what stays in place.
    pub(super) fn show(&self, view: &View) {
        let Form::Bars { lines, .. } = &self.form else { return };
        let width = self.width() - 1;
        let mut texts = vec![self.paint(Tone::Dim, &"─".repeat(width))];
        texts.push(format!("{}{}", self.label("link"), view.link));
        for n in 0..ROWS {
            texts.push(view.rows.get(n).map_or_else(|| " ".to_owned(), |row| self.row(row, width)));
        }
        texts.push(self.whole(view, width));
        let waits = view.waits.as_ref().map(|(n, why)| self.paint(Tone::Wait, &format!("{n}: {why}")));
        texts.push(format!("{}{}", self.label("waits"), waits.unwrap_or_else(|| self.paint(Tone::Dim, "nothing"))));
        for (line, text) in locked(lines).iter().zip(texts) {
            line.set_message(text);
        }
    }

    fn label(&self, text: &str) -> String {
        self.paint(Tone::Dim, &format!("{text:<7}"))
    }

    fn row(&self, row: &Row, width: usize) -> String {
        let name = fitted(&row.name, 24);
        let tone = if row.rests { Tone::Dim } else { Tone::Accent };
        let bar = self.bar(row.sent, row.bytes, width.saturating_sub(24 + 26).min(50), tone);
        format!("{name}  {bar} {}", amounts(row.sent, row.bytes))
    }

    fn whole(&self, view: &View, width: usize) -> String {
        let bar = self.bar(view.done_bytes, view.all_bytes, width.saturating_sub(24 + 26).min(50), Tone::Good);
        let told = format!("{} of {}", view.delivered, view.assets);
        format!("{}{told:<17}  {bar} {}", self.label("there"), amounts(view.done_bytes, view.all_bytes))
    }

    fn bar(&self, done: u64, all: u64, width: usize, tone: Tone) -> String {
        let filled = if all == 0 { 0 } else { (done.min(all) as u128 * width as u128 / all as u128) as usize };
        format!("{}{}", self.paint(tone, &"━".repeat(filled)), self.paint(Tone::Dim, &"╌".repeat(width - filled)))
    }
}

/// A panic elsewhere leaves texts that are still good enough to show.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn amounts(done: u64, all: u64) -> String {
    let percent = if all == 0 { 0 } else { u128::from(done.min(all)) * 100 / u128::from(all) };
    format!("{percent:>3}%  {} of {}", bytes(done), bytes(all))
}

/// A name in so many columns; a long one loses its middle, since names differ at their ends.
fn fitted(name: &str, columns: usize) -> String {
    let width = measure_text_width(name);
    if width <= columns {
        return format!("{name}{}", " ".repeat(columns - width));
    }
    let tail: String = name.chars().rev().take(9).collect::<Vec<_>>().into_iter().rev().collect();
    let room = columns.saturating_sub(measure_text_width(&tail) + 1);
    let head = console::truncate_str(name, room, "");
    let text = format!("{head}…{tail}");
    let pad = columns.saturating_sub(measure_text_width(&text));
    format!("{text}{}", " ".repeat(pad))
}

/// Breaks a text at its spaces.
fn wrapped(text: &str, columns: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last_mut().expect("it begins with one line, and only grows");
        if line.is_empty() {
            line.push_str(word);
        } else if measure_text_width(line) + 1 + measure_text_width(word) <= columns {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fit_whatever_they_are() {
        for name in [
            "",
            "IMG_1.JPG",
            "a name that is far too long for its column (copy 12).JPG",
            "写真写真写真写真写真写真写真写真.jpg",
        ] {
            assert_eq!(measure_text_width(&fitted(name, 24)), 24, "{name}");
        }
        assert_eq!(fitted("a name that is far too long (copy 12).JPG", 24), "a name that is…y 12).JPG");
    }

    #[test]
    fn prose_breaks_at_spaces() {
        assert_eq!(wrapped("one two three", 7), ["one two", "three"]);
        assert_eq!(wrapped("unbreakable", 3), ["unbreakable"]);
    }
}
