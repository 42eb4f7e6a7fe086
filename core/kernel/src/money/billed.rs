//! From the bytes that were handed to sockets to the bytes that an operator bills.
//!
//! Nobody but the network knows the second number, so it is stated, and rather too high than too low:
//!
//! - **Headers.** IPv6 (40 bytes, RFC 8200 §3) and TCP with timestamps (20 + 12 bytes, RFC 9293 §3.1, RFC 7323 §3.2) take 72
//!   bytes of each packet, and leave 1,428 of 1,500: 5.04 %.
//! - **Acknowledgements.** One of 72 bytes for each two segments (RFC 9293 §3.8.6.3): another 2.52 %.
//! - **Together** 7.56 %, so 8 are taken; over IPv4 it is 5.4 %. What a lossy link sends again is within what is left as long as it
//!   loses less than one segment in two hundred.
//! - **For each connection** 1,024 bytes: seven packets without payload that open and close it (at most 80 bytes each), and the
//!   question for its name with the answer (about 400 over IPv6). TLS is counted as it passes.

/// What a connection costs beyond its bytes.
pub const PER_CONNECTION: u64 = 1024;

/// The bytes of payload for each hundred bytes of payload that are billed.
const PERCENT: u128 = 108;

/// What is billed for so many bytes that were handed to sockets and taken from them, over so many connections.
pub fn billed(sent: u64, received: u64, connections: u64) -> u64 {
    let payload = u128::from(sent) + u128::from(received);
    let all = (payload * PERCENT).div_ceil(100) + u128::from(connections) * u128::from(PER_CONNECTION);
    u64::try_from(all).unwrap_or(u64::MAX)
}

/// How many more bytes may be sent or received until `allowance` billed bytes are used up.
pub fn room(allowance: u64, sent: u64, received: u64, connections: u64) -> u64 {
    if allowance == u64::MAX {
        return u64::MAX;
    }
    let connected = u128::from(connections) * u128::from(PER_CONNECTION);
    let most = u128::from(allowance).saturating_sub(connected) * 100 / PERCENT;
    // At most what a u64 holds, because the allowance is one.
    u64::try_from(most.saturating_sub(u128::from(sent) + u128::from(received))).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_megabyte_over_one_connection() {
        assert_eq!(billed(1_000_000, 0, 1), 1_081_024);
        assert_eq!(billed(0, 1_000_000, 1), 1_081_024);
        assert_eq!(billed(1, 0, 0), 2, "a part of a byte is a byte");
        assert_eq!((billed(0, 0, 0), billed(0, 0, 3)), (0, 3072));
        assert_eq!(billed(u64::MAX, u64::MAX, u64::MAX), u64::MAX);
    }

    #[test]
    fn nothing_is_left_of_nothing() {
        assert_eq!(room(0, 0, 0, 0), 0);
        assert_eq!(room(1023, 0, 0, 1), 0);
        assert_eq!(room(u64::MAX, 1 << 60, 0, 9), u64::MAX);
    }

    proptest! {
        #[test]
        fn the_room_is_the_most_that_keeps_within(
            allowance in 0..u64::MAX / 4, sent in 0..1u64 << 50, received in 0..1u64 << 50, connections in 0..1000u64,
        ) {
            let room = room(allowance, sent, received, connections);
            if billed(sent, received, connections) <= allowance {
                prop_assert!(billed(sent + room, received, connections) <= allowance);
                prop_assert!(billed(sent, received + room + 1, connections) > allowance);
            } else {
                prop_assert_eq!(room, 0);
            }
        }
    }
}
