//! Whether somebody heard what was not for them.

use std::collections::HashSet;

/// Whether these bytes hold some of a photo: any 64 bytes in a row, or fewer. Photos are noise, so that no other bytes are
/// like theirs.
pub(super) fn holds_some_of(heard: &[u8], photo: &[u8]) -> bool {
    // 15 bytes in a row hold 8 that begin at a multiple of 8.
    let words: HashSet<&[u8]> = photo[8..].chunks_exact(8).collect();
    heard.windows(8).any(|window| words.contains(window))
}

/// Whether these bytes hold a text.
pub(super) fn holds(heard: &[u8], text: &str) -> bool {
    heard.windows(text.len()).any(|window| window == text.as_bytes())
}

#[test]
fn some_of_a_photo_is_found_wherever_it_stands() {
    let (photo, other) = (super::super::world::noise(1000, 1), super::super::world::noise(1000, 2));
    assert!(!holds_some_of(&other, &photo));
    for at in [0, 1, 100, 936] {
        for from in [8, 9, 500, 936] {
            let mut heard = other.clone();
            heard[at..at + 64].copy_from_slice(&photo[from..from + 64]);
            assert!(holds_some_of(&heard, &photo), "{at} {from}");
        }
    }
    assert!(holds(b"a bearer token", "token") && !holds(b"a bearer", "token"));
}
