//! Pairing over plain HTTP on loopback, which no app can: the core insists on the pinned key.

use satchel::kernel::protocol::pairing::{PairReply, PairRequest};
use satchel::pairing::Paired;
use satchel_receiver::Receiver;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

pub(super) async fn pair(receiver: &Receiver) -> Paired {
    let code = receiver.pairing_code();
    let asked = PairRequest { code: code.code, device: "a test's phone".into(), contributor: None };
    let body = serde_json::to_string(&asked).unwrap();
    let request = format!(
        "POST /v1/pair HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{body}",
        receiver.addr(),
        body.len()
    );
    let mut socket = TcpStream::connect(receiver.addr()).await.unwrap();
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut said = String::new();
    socket.read_to_string(&mut said).await.unwrap();
    let (_, document) = said.split_once("\r\n\r\n").unwrap();
    let reply: PairReply = serde_json::from_str(document.trim()).unwrap_or_else(|error| panic!("{error}: {said}"));
    Paired { url: format!("http://{}/", receiver.addr()).parse().unwrap(), pin: code.pin, reply }
}
