//! Pairing codes as squares: for terminals as text, for the page as a row of digits.

use qrcode::{Color, EcLevel, QrCode};

/// Squares around a code, so that cameras find it (ISO/IEC 18004 asks for 4; on a screen 2 do).
const QUIET: usize = 2;

/// A QR code of half blocks, two rows of squares to a line, light squares drawn; `None` when the text is too long.
pub fn qr_text(text: &str) -> Option<String> {
    let code = QrCode::with_error_correction_level(text, EcLevel::L).ok()?;
    let width = code.width();
    let side = width + 2 * QUIET;
    let light = |x: usize, y: usize| {
        let inside = (QUIET..QUIET + width).contains(&x) && (QUIET..QUIET + width).contains(&y);
        y < side && !(inside && code[(x - QUIET, y - QUIET)] == Color::Dark)
    };
    let mut drawn = String::new();
    for y in (0..side).step_by(2) {
        drawn.push_str("  ");
        drawn.extend((0..side).map(|x| match (light(x, y), light(x, y + 1)) {
            (true, true) => '█',
            (true, false) => '▀',
            (false, true) => '▄',
            (false, false) => ' ',
        }));
        drawn.push('\n');
    }
    Some(drawn)
}

/// The squares row by row, `1` for dark ones, and how many a row has.
pub(crate) fn squares(text: &str) -> Option<(usize, String)> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
    Some((code.width(), code.to_colors().into_iter().map(|c| c.select('1', '0')).collect()))
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_pairing_code_fits_a_terminal() {
        let text = format!("satchel://desk.newsroom.example:8443/pair?pin={}&code=K7QX-2M9P", "x".repeat(43));
        let drawn = super::qr_text(&text).unwrap();
        let widths: Vec<usize> = drawn.lines().map(|l| l.chars().count()).collect();
        assert!(widths.iter().all(|w| *w == widths[0]));
        assert!(widths[0] <= 50 && widths.len() <= 25, "{}x{}", widths[0], widths.len());
    }
}
