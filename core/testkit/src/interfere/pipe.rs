//! A connection that is not looked into: bytes go through, until something is done to it.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::net::tcp::{ReadHalf, WriteHalf};

use super::Shared;
use super::case::{Action, Stage};
use super::party::{Heard, treat};
use crate::stream::{Stream, reset_on_drop};

/// Why bytes go through no more.
#[derive(Debug, PartialEq, Eq)]
enum Ended {
    /// Both sides were done, or one of them broke off.
    Over,
    /// As much went through as was to.
    Enough,
}

/// Serves a connection.
pub(super) async fn serve(shared: &Shared, mut client: TcpStream) -> io::Result<()> {
    let (case, heard) = (&shared.case, &shared.heard);
    match (&case.action, case.after_bytes) {
        (Action::Pass(_) | Action::Trickle(_) | Action::NoSuchName(_) | Action::WrongAddress(_), _) => {
            shared.take();
            carry_all(shared, client).await
        }
        (Action::CutReply(after), _) => {
            let after = if shared.take() { *after } else { u64::MAX };
            let mut server = shared.upstream.connect().await?;
            if carry(&mut client, &mut server, u64::MAX, after, heard).await == Ended::Enough {
                reset_on_drop(&client);
            }
            Ok(())
        }
        (action, Some(after)) => {
            let mut server = shared.upstream.connect().await?;
            let over = shared.state.borrow().lifted;
            let most = if over { u64::MAX } else { after };
            if carry(&mut client, &mut server, most, u64::MAX, heard).await == Ended::Over {
                return Ok(());
            }
            if !shared.take() {
                carry(&mut client, &mut server, u64::MAX, u64::MAX, heard).await;
                return Ok(());
            }
            tokio::spawn(say_goodbye(server));
            do_to(shared, client, action).await
        }
        (action, None) if case.at == Stage::Connect => {
            if !shared.take() {
                return carry_all(shared, client).await;
            }
            do_to(shared, client, action).await
        }
        (action, None) => {
            // Not taken from the socket: whoever is let through says it to the server.
            if client.peek(&mut [0]).await? == 0 {
                return Ok(());
            }
            if !shared.take() {
                return carry_all(shared, client).await;
            }
            answer_hello(shared, client, action).await
        }
    }
}

/// Lets everything through.
pub(super) async fn carry_all(shared: &Shared, mut client: TcpStream) -> io::Result<()> {
    let mut server = shared.upstream.connect().await?;
    carry(&mut client, &mut server, u64::MAX, u64::MAX, &shared.heard).await;
    Ok(())
}

/// Hears a client's first bytes, and does what is to be done.
pub(super) async fn answer_hello(shared: &Shared, mut client: TcpStream, action: &Action) -> io::Result<()> {
    let mut first = vec![0; 16 * 1024];
    let read = client.read(&mut first).await?;
    shared.heard.hear(&first[..read]);
    do_to(shared, client, action).await
}

async fn do_to(shared: &Shared, client: TcpStream, action: &Action) -> io::Result<()> {
    treat(Stream::Plain(client), action, "GET", &shared.decoy, &shared.heard, shared.until_lifted()).await
}

/// Carries bytes both ways, at most so many.
async fn carry(client: &mut TcpStream, server: &mut TcpStream, up: u64, down: u64, heard: &Heard) -> Ended {
    let (mut client_read, mut client_write) = client.split();
    let (mut server_read, mut server_write) = server.split();
    let (up, down) = (AtomicU64::new(up), AtomicU64::new(down));
    let up = pass(&mut client_read, &mut server_write, &up, |bytes| heard.hear(bytes));
    let down = pass(&mut server_read, &mut client_write, &down, |_| {});
    match tokio::try_join!(up, down) {
        Ok(_) => Ended::Over,
        Err(ended) => ended,
    }
}

async fn pass(
    from: &mut ReadHalf<'_>,
    to: &mut WriteHalf<'_>,
    left: &AtomicU64,
    mut came: impl FnMut(&[u8]),
) -> Result<(), Ended> {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let most = left.load(Ordering::Relaxed);
        if most == 0 {
            return Err(Ended::Enough);
        }
        let room = buffer.len().min(usize::try_from(most).unwrap_or(usize::MAX));
        let read = from.read(&mut buffer[..room]).await.map_err(|_| Ended::Over)?;
        if read == 0 {
            // Nothing more comes this way; the other goes on.
            return to.shutdown().await.map_err(|_| Ended::Over);
        }
        came(&buffer[..read]);
        to.write_all(&buffer[..read]).await.map_err(|_| Ended::Over)?;
        left.fetch_sub(read as u64, Ordering::Relaxed);
    }
}

/// Lets the server have all that went through: closing at once would reset it because of its unread answer.
async fn say_goodbye(mut server: TcpStream) {
    let drain = async {
        // Fails where the server is gone already.
        let _ = server.shutdown().await;
        let mut sink = vec![0; 16 * 1024];
        while let Ok(1..) = server.read(&mut sink).await {}
    };
    let _ = tokio::time::timeout(std::time::Duration::from_secs(10), drain).await;
}
