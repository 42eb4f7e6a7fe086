//! What an error of the HTTP library means, found by walking the chain of its causes.

use std::error::Error;
use std::io::{self, ErrorKind};

use satchel_kernel::outcome::Cut;

/// Why no reply came.
pub(super) fn of(error: &reqwest::Error) -> Cut {
    let connecting = error.is_connect();
    let mut word = None;
    let mut next: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = next {
        if let Some(cut) = telling(error, connecting) {
            return cut;
        }
        // Of what the system says, the innermost counts.
        word = error.downcast_ref::<io::Error>().and_then(|io| of_io(io, connecting)).or(word);
        next = inner(error);
    }
    word.unwrap_or(if connecting { Cut::NoConnection } else { Cut::Reset })
}

/// The next cause. An `io::Error` hides the error that it was made from behind that one's own cause.
fn inner<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    if let Some(custom) = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        return Some(custom);
    }
    error.source()
}

/// What an error means that says all by itself, whatever caused it.
fn telling(error: &(dyn Error + 'static), connecting: bool) -> Option<Cut> {
    if let Some(tls) = error.downcast_ref::<rustls::Error>() {
        return Some(of_tls(tls, connecting));
    }
    let http = error.downcast_ref::<hyper::Error>()?;
    http.is_parse().then_some(Cut::Garbage)
}

fn of_tls(error: &rustls::Error, connecting: bool) -> Cut {
    use rustls::Error as E;
    match error {
        E::InvalidCertificate(_) | E::InvalidCertRevocationList(_) | E::NoCertificatesPresented => Cut::Certificate,
        _ if connecting => Cut::Handshake,
        _ => Cut::Reset,
    }
}

fn of_io(error: &io::Error, connecting: bool) -> Option<Cut> {
    match error.kind() {
        // The peer took the connection and broke it off before TLS was done.
        ErrorKind::ConnectionReset
        | ErrorKind::BrokenPipe
        | ErrorKind::UnexpectedEof
        | ErrorKind::ConnectionAborted => Some(if connecting { Cut::Handshake } else { Cut::Reset }),
        _ if connecting => Some(Cut::NoConnection),
        _ => None,
    }
}
