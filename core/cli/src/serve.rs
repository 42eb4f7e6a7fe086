//! `satchel serve`: the receiver as a program, until ctrl-c.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::PathBuf;

use satchel_kernel::protocol::pairing::PairingCode;
use satchel_receiver::{Config, Receiver, StartError};
use serde_json::json;

/// Run a receiver: photos arrive here, and a page shows them.
#[derive(Debug, clap::Args)]
pub(crate) struct ServeArgs {
    /// Address and port to listen on; 0.0.0.0:8443 lets other machines in, port 0 takes any free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8443")]
    listen: SocketAddr,
    /// Folder for the receiver's database, photos and keys; made if it is missing
    #[arg(long, value_name = "DIR")]
    store: PathBuf,
    /// Also lay photos out here as contributor/day/name, each with an XMP sidecar
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,
    /// What the page is called
    #[arg(long, default_value = "Satchel")]
    name: String,
    /// Host name or address to put into the pairing code and the page's link
    #[arg(long)]
    host: Option<String>,
    /// Let devices join this contributor, who has paired one before, rather than be a new one
    #[arg(long, value_name = "NAME")]
    account: Option<String>,
    /// HTTP without TLS; on loopback addresses only
    #[arg(long)]
    plain_http: bool,
    /// One JSON object a line instead of text
    #[arg(long)]
    json: bool,
}

/// Why `satchel serve` ended before it was told to.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ServeError {
    /// The receiver did not start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// What it has to say could not be written.
    #[error("cannot write to the terminal: {0}")]
    Output(#[from] io::Error),
    /// The pairing code is too long for a QR code.
    #[error("the pairing code does not fit into a QR code: give a shorter --host")]
    Code,
}

/// Serves until ctrl-c or SIGTERM.
///
/// # Errors
/// See [`ServeError`].
pub(crate) async fn run(args: ServeArgs) -> Result<(), ServeError> {
    let ServeArgs { listen, store, folder, name, host, account, plain_http, json } = args;
    let mut config = Config::new(listen, store);
    config.folder = folder;
    config.name = name;
    config.host = host;
    config.account = account;
    config.plain_http = plain_http;
    let receiver = Receiver::start(config).await?;
    if json {
        say_json(&receiver)?
    } else {
        say(&receiver)?
    }
    loop {
        tokio::select! {
            ended = told_to_stop() => {
                ended?;
                break;
            }
            // A code works once: whoever stands in line gets the next one.
            Some(()) = receiver.paired() => {
                let code = receiver.pairing_code();
                let mut out = io::stdout().lock();
                if json {
                    writeln!(out, "{}", json!({ "event": "paired", "pairing": code.to_string() }))?;
                } else {
                    writeln!(out, "A device was paired. For the next one:\n\n{}\n  satchel pair '{code}'\n", squares(&code)?)?;
                }
                out.flush()?;
            }
        }
    }
    receiver.shutdown().await;
    Ok(())
}

/// Ctrl-C, or the signal by which a system ends its services.
async fn told_to_stop() -> io::Result<()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate())?;
        tokio::select! {
            ended = tokio::signal::ctrl_c() => ended,
            _ = terminate.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await
}

fn say_json(receiver: &Receiver) -> Result<(), ServeError> {
    let line = json!({
        "event": "serving",
        "url": receiver.url(),
        "address": receiver.addr().to_string(),
        "server": receiver.server_id(),
        "pin": receiver.pin(),
        "pairing": receiver.pairing_code().to_string(),
        "page": receiver.page_url(),
        "viewer_key": receiver.viewer_key(),
    });
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    Ok(out.flush()?)
}

fn say(receiver: &Receiver) -> Result<(), ServeError> {
    let code = receiver.pairing_code();
    let mut out = io::stdout().lock();
    writeln!(out, "Receiving at  {}", receiver.url())?;
    writeln!(out, "Key pin       {}", receiver.pin())?;
    writeln!(out, "The page      {}", receiver.page_url())?;
    if !receiver.url().starts_with("http:") {
        writeln!(out, "              (its certificate is its own: a browser asks once whether to trust it)")?;
    }
    writeln!(out, "\nPair a device, once with each code:\n\n{}\n  satchel pair '{code}'\n", squares(&code)?)?;
    writeln!(out, "Ctrl-C ends it; what has arrived stays.")?;
    Ok(out.flush()?)
}

/// The code as a QR code of half blocks, two rows of squares to a line. Dark squares are left blank on a
/// light ground, so that it reads on dark and on light terminals.
fn squares(code: &PairingCode) -> Result<String, ServeError> {
    satchel_receiver::qr_text(&code.to_string()).ok_or(ServeError::Code)
}
