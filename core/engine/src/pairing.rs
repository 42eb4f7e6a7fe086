//! Pairing: a device and a receiver come to trust each other over the code that the receiver shows.
//!
//! The code pins the receiver's key, so the very first connection is to the receiver or to nobody. The device
//! gives the one-time code and gets a token of its own, and the key that will sign receipts.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use satchel_kernel::gate::{Imposter, Verdict};
use satchel_kernel::ids::TargetId;
use satchel_kernel::outcome::Cut;
use satchel_kernel::protocol::PAIR_PATH;
use satchel_kernel::protocol::pairing::{PairReply, PairRequest, PairingCode};
use satchel_kernel::wire::Patience;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::door::{Account, Door};
pub use crate::http::BadPin;
use crate::http::calls::{self, CallFault};
use crate::http::{Http, Options, Pin, Token, Trust};

/// The only one at its door.
const ALONE: TargetId = TargetId(0);

/// What the device keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paired {
    /// The receiver's address: `https://host:port/`.
    pub url: Url,
    /// The receiver's certificate key, as in the pairing code.
    pub pin: String,
    /// What the receiver gave.
    pub reply: PairReply,
}

/// Why pairing failed, with what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PairError {
    /// The pin in the code is damaged.
    #[error("{0}; copy the whole pairing code")]
    BadPin(#[from] BadPin),
    /// The address in the code is none.
    #[error("the pairing code holds no usable address; copy the whole of it")]
    BadAddress,
    /// The device's or contributor's name.
    #[error("the {0}'s name must have 1 to 100 characters, none of them control characters")]
    BadName(&'static str),
    /// The code is wrong, or was used.
    #[error(
        "the receiver does not accept this code: it is wrong or was used already; ask for a new one at the receiver"
    )]
    CodeRefused,
    /// Too many wrong codes were tried at the receiver.
    #[error("too many wrong codes were tried, so the receiver takes none; ask for a new one there")]
    TooManyTries,
    /// The receiver refused otherwise.
    #[error("the receiver refused to pair ({status}){}", message.as_ref().map(|m| format!(": {m}")).unwrap_or_default())]
    Refused {
        /// HTTP status.
        status: u16,
        /// In the receiver's words.
        message: Option<String>,
    },
    /// Who answered does not hold the key of the pairing code.
    #[error(
        "{host} answers with another key than the pairing code says: the code is of another receiver, or something \
         stands between; nothing was told to it"
    )]
    KeyDoesNotFit {
        /// Host and port.
        host: String,
    },
    /// Nobody answered, and the code was not sent.
    #[error("{host} cannot be reached ({why}); is the receiver running, and is this device on the same network?")]
    Unreachable {
        /// Host and port.
        host: String,
        /// What was tried in vain.
        why: &'static str,
    },
    /// The code was sent, and the answer was lost.
    #[error(
        "the receiver's answer was lost on the way; the code may be used up, so ask for a new one if it is refused"
    )]
    AnswerLost,
    /// Something else than a receiver answered.
    #[error("what answers at {host} is not a Satchel receiver, or one of another version")]
    NotAReceiver {
        /// Host and port.
        host: String,
    },
}

/// Pairs this device with the receiver that showed the code, as `device`. A newcomer's photos are shown under the
/// name of `contributor`, or the device's where it is left out.
///
/// Needs a tokio runtime. Takes at most about a minute and a half.
///
/// # Errors
/// In words that say what to do.
pub async fn pair(code: &PairingCode, device: &str, contributor: Option<&str>) -> Result<Paired, PairError> {
    let pin: Pin = code.pin.parse()?;
    let device = name(device, "device")?;
    let contributor = contributor.map(|c| name(c, "contributor")).transpose()?;
    let PairingCode { host, port, code: secret, .. } = code;
    let host = format!("{host}:{port}");
    let url: Url = format!("https://{host}/").parse().map_err(|_| PairError::BadAddress)?;
    // A person asked for this with the code in hand: it is on no account.
    let unreachable = |_| PairError::Unreachable { host: host.clone(), why: "this device's own network does not work" };
    let door = Door::new().map_err(unreachable)?;
    door.enter(ALONE, Account { id: 0, allowance: u64::MAX });
    let http = Http::new(&Trust::Pinned(pin), &[url.origin()], &Options::default(), &door, ALONE, 0)
        .map_err(|_| PairError::BadAddress)?;

    let document = PairRequest { code: secret.clone(), device, contributor };
    let request = calls::post(calls::below(&url, PAIR_PATH), &[], &document, &Patience::default());
    let outcome = http.send(&request, None, None, &|_| {}, &CancellationToken::new()).await;
    let outcome = outcome.map_err(|_| PairError::BadAddress)?;

    let reply = match calls::parse::<PairReply>(&request, &outcome) {
        Ok(answer) => answer.value,
        Err(fault) => return Err(explained(fault, host, outcome.sent() > 0)),
    };
    if !usable(&reply) {
        return Err(PairError::NotAReceiver { host });
    }
    Ok(Paired { url, pin: pin.to_string(), reply })
}

fn name(text: &str, of: &'static str) -> Result<String, PairError> {
    let text = text.trim();
    let fine = (1..=100).contains(&text.chars().count()) && !text.chars().any(char::is_control);
    if fine { Ok(text.to_owned()) } else { Err(PairError::BadName(of)) }
}

/// Whether everything in the reply can be kept and used later.
fn usable(reply: &PairReply) -> bool {
    let PairReply { server, account, device, token, key } = reply;
    let names = [server, account, device, &key.id];
    let key_is_whole = URL_SAFE_NO_PAD.decode(&key.public).is_ok_and(|bytes| bytes.len() == 32);
    names.iter().all(|n| !n.is_empty() && !n.contains(char::is_control)) && Token::new(token).is_ok() && key_is_whole
}

fn explained(fault: CallFault, host: String, code_left: bool) -> PairError {
    let unreachable = |why| PairError::Unreachable { host: host.clone(), why };
    match fault {
        CallFault::Refused { status: 401 | 403 | 404 | 410, .. } => PairError::CodeRefused,
        CallFault::Refused { status: 429, .. } => PairError::TooManyTries,
        CallFault::Refused { status, message } => PairError::Refused { status, message },
        CallFault::NotService(Verdict::Imposter(Imposter::Certificate)) => PairError::KeyDoesNotFit { host },
        CallFault::NotService(Verdict::Silence(cut)) => match cut {
            Cut::NoAddress => unreachable("its name has no address here"),
            Cut::NoConnection => unreachable("no connection"),
            Cut::Handshake => unreachable("no secure connection"),
            _ if code_left => PairError::AnswerLost,
            _ => unreachable("the connection broke"),
        },
        CallFault::NotService(_) | CallFault::Contradiction(_) => PairError::NotAReceiver { host },
    }
}
