//! A connection whose requests are read: by the relay, with the server's own key, or by somebody else with another one.

use std::io;

use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use super::case::{Action, Stage};
use super::party::{Heard, treat};
use super::{Shared, Turn, pipe};
use crate::link::Conditions;
use crate::stream::{Stream, reset_on_drop};
use crate::talk::{Head, Talk};

/// Serves one request; the connection ends with its answer.
pub(super) async fn serve(shared: &Shared, socket: TcpStream) -> io::Result<()> {
    if shared.is_false_now() {
        return by_another(shared, socket, &shared.case.action).await;
    }
    let stream = match shared.upstream.acceptor() {
        Some(acceptor) => Stream::Tls(Box::new(acceptor.accept(socket).await?)),
        None => Stream::Plain(socket),
    };
    let mut talk = Talk::new(stream);
    let Some(head) = talk.head().await? else { return Ok(()) };
    match shared.turn(&head) {
        Turn::Pass => forward(shared, talk, &head).await,
        Turn::Cut(after) => {
            shared.upstream.begin(&mut talk, &head, after).await?;
            talk.stream.reset();
            Ok(())
        }
        Turn::Change => {
            talk.stream.reset();
            Ok(())
        }
        Turn::Act => act(shared, talk, &head).await,
    }
}

async fn forward(shared: &Shared, mut talk: Talk, head: &Head) -> io::Result<()> {
    let answer = shared.upstream.exchange(&mut talk, head, |_| {}).await?;
    talk.stream.write_all(&answer).await?;
    talk.stream.shutdown().await
}

/// Interferes with a request.
async fn act(shared: &Shared, mut talk: Talk, head: &Head) -> io::Result<()> {
    let action = &shared.case.action;
    if let Some(after) = shared.case.after_bytes {
        shared.upstream.begin(&mut talk, head, after).await?;
        return end(shared, talk, head, action, &Heard::default()).await;
    }
    match action {
        Action::Pass(_) => return forward(shared, talk, head).await,
        Action::Trickle(rate) => {
            if let Some(slow) = &shared.slow {
                slow.set(Conditions::open().rates(*rate, *rate));
            }
            return forward(shared, talk, head).await;
        }
        Action::CutReply(after) => return cut_reply(shared, talk, head, *after, &Heard::default()).await,
        _ => {}
    }
    // Who writes an answer hears the question out, as proxies do; who breaks off does not wait for it.
    if matches!(action, Action::Reply(_) | Action::Raw(_)) || shared.case.at == Stage::PatchEnd {
        while talk.body().await?.is_some() {}
    }
    end(shared, talk, head, action, &Heard::default()).await
}

async fn cut_reply(shared: &Shared, mut talk: Talk, head: &Head, after: u64, heard: &Heard) -> io::Result<()> {
    let answer = shared.upstream.exchange(&mut talk, head, |bytes| heard.hear(bytes)).await?;
    let some = answer.len().min(usize::try_from(after).unwrap_or(usize::MAX));
    talk.stream.write_all(&answer[..some]).await?;
    talk.stream.flush().await?;
    talk.stream.reset();
    Ok(())
}

async fn end(shared: &Shared, talk: Talk, head: &Head, action: &Action, heard: &Heard) -> io::Result<()> {
    treat(talk.stream, action, &head.method, &shared.decoy, heard, shared.until_lifted()).await
}

/// Somebody with another certificate than the server's. All that is said to them is kept.
async fn by_another(shared: &Shared, socket: TcpStream, action: &Action) -> io::Result<()> {
    let Some(certificate) = &shared.false_certificate else { return Ok(()) };
    let stream = certificate.accept(socket).await?;
    converse(shared, Stream::Tls(Box::new(stream)), action).await
}

/// Hears a request and does what is to be done.
async fn converse(shared: &Shared, stream: Stream, action: &Action) -> io::Result<()> {
    let (mut talk, heard) = (Talk::new(stream), &shared.heard);
    let Some(head) = talk.head().await? else { return Ok(()) };
    heard.request(&head);
    match action {
        Action::Pass(_) | Action::Trickle(_) => {
            let answer = shared.upstream.exchange(&mut talk, &head, |bytes| heard.hear(bytes)).await?;
            talk.stream.write_all(&answer).await?;
            return talk.stream.shutdown().await;
        }
        Action::CutReply(after) => return cut_reply(shared, talk, &head, *after, heard).await,
        _ => {}
    }
    while let Some(bytes) = talk.body().await? {
        heard.hear(&bytes);
    }
    end(shared, talk, &head, action, heard).await
}

/// Somebody to whom the host's name leads; once that is mended, the server itself.
pub(super) async fn stranger(shared: &Shared, socket: TcpStream) -> io::Result<()> {
    let Action::WrongAddress(action) = &shared.case.action else { return Ok(()) };
    if !shared.take() {
        return pipe::carry_all(shared, socket).await;
    }
    match (&shared.false_certificate, action.as_ref()) {
        (_, Action::Reset(_)) => {
            reset_on_drop(&socket);
            Ok(())
        }
        (Some(_), action) => by_another(shared, socket, action).await,
        (None, action) if shared.case.over_tls() => pipe::answer_hello(shared, socket, action).await,
        (None, action) => converse(shared, Stream::Plain(socket), action).await,
    }
}
