//! Random names, tokens and codes, from the system's generator.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

fn fill<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the system has random numbers once it is up");
    bytes
}

/// 32 hexadecimal digits: the id of an upload, an account, a device or a server.
pub(crate) fn id() -> String {
    fill::<16>().iter().map(|b| format!("{b:02x}")).collect()
}

/// 256 bits that cannot be guessed, as 43 characters that need no escaping anywhere.
pub(crate) fn token() -> String {
    URL_SAFE_NO_PAD.encode(fill::<32>())
}

/// A code that a person can type: 40 bits, without letters that look like digits.
pub(crate) fn code() -> String {
    const LETTERS: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    let letters: Vec<char> = fill::<8>().iter().map(|b| char::from(LETTERS[usize::from(b & 31)])).collect();
    let text = |letters: &[char]| letters.iter().collect::<String>();
    format!("{}-{}", text(&letters[..4]), text(&letters[4..]))
}

/// How a secret is stored: it is long and random, so one round is enough.
pub(crate) fn hashed(secret: &str) -> Vec<u8> {
    use sha2::Digest as _;
    sha2::Sha256::digest(secret.as_bytes()).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_easy_to_type() {
        let code = code();
        assert_eq!(code.len(), 9);
        assert!(code.chars().all(|c| c == '-' || c.is_ascii_uppercase() || c.is_ascii_digit()), "{code}");
        assert_ne!(code, super::code());
    }
}
