//! A system that carries requests for an app: it sends a file, and may lose, cut or repeat what it sends.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, SignatureScheme};
use satchel::host::{Cut, HostOutcome, HostStep, Method, Peer};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Both ways of a connection, in the clear or not.
trait Way: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Way for T {}

/// What a system has of a step: the request, and the file as it was when it was given.
#[derive(Clone)]
pub(crate) struct Transfer {
    pub(crate) step: HostStep,
    body: Vec<u8>,
}

impl Transfer {
    pub(crate) fn of(step: HostStep) -> Self {
        let body = step.body.as_ref().map(|body| std::fs::read(&body.path).unwrap()).unwrap_or_default();
        assert_eq!(body.len() as u64, step.body.as_ref().map_or(0, |body| body.length));
        Self { step, body }
    }

    pub(crate) fn length(&self) -> u64 {
        self.body.len() as u64
    }

    /// Sends it whole.
    pub(crate) async fn send(&self) -> HostOutcome {
        self.send_up_to(self.body.len()).await
    }

    /// Sends so much of the body and then breaks the connection, unless that is all.
    pub(crate) async fn send_up_to(&self, bytes: usize) -> HostOutcome {
        let cut = |cut, sent| HostOutcome::Cut { sent: Some(sent), cut };
        let Ok(mut way) = self.connect().await else { return cut(Cut::NoConnection, 0) };
        let (url, bytes) = (&self.step.url, bytes.min(self.body.len()));
        let mut head = format!("{} {} HTTP/1.1\r\nhost: {}\r\n", self.step.method.as_str(), url.path(), authority(url));
        for (name, value) in &self.step.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str(&format!("content-length: {}\r\nconnection: close\r\n\r\n", self.body.len()));
        let all = [head.as_bytes(), &self.body[..bytes]].concat();
        let sent = bytes as u64;
        // A server that refuses may answer before it read all.
        let written = way.write_all(&all).await;
        if bytes < self.body.len() {
            let _ = way.shutdown().await;
            return cut(Cut::Reset, sent);
        }
        let _ = way.flush().await;
        let mut answer = Vec::new();
        loop {
            if let Some(reply) = self.parse(&answer, sent) {
                return reply;
            }
            match way.read_buf(&mut answer).await {
                Ok(0) | Err(_) if written.is_err() => return cut(Cut::Reset, sent),
                Ok(0) | Err(_) => return cut(Cut::NoReply, sent),
                Ok(_) => {}
            }
        }
    }

    async fn connect(&self) -> std::io::Result<Box<dyn Way>> {
        let (url, step) = (&self.step.url, &self.step);
        let tcp = TcpStream::connect(authority(url)).await?;
        if url.scheme() == "http" {
            return Ok(Box::new(tcp));
        }
        assert!(step.pin.is_some(), "nobody vouches for a receiver but its pin");
        let name = ServerName::try_from(url.host_str().unwrap().to_owned()).unwrap();
        let connector = tokio_rustls::TlsConnector::from(Arc::new(trusting_anyone()));
        Ok(Box::new(connector.connect(name, tcp).await?))
    }

    /// The reply, once it is whole.
    fn parse(&self, answer: &[u8], sent: u64) -> Option<HostOutcome> {
        let end = answer.windows(4).position(|w| w == b"\r\n\r\n")?;
        let head = std::str::from_utf8(&answer[..end]).ok()?;
        let mut lines = head.split("\r\n");
        let status: u16 = lines.next()?.split(' ').nth(1)?.parse().ok()?;
        let headers: Vec<(String, String)> =
            lines.filter_map(|l| l.split_once(':')).map(|(n, v)| (n.to_owned(), v.trim().to_owned())).collect();
        let chunked = headers.iter().any(|(n, _)| n.eq_ignore_ascii_case("transfer-encoding"));
        assert!(!chunked, "this system knows no chunks");
        let length = headers.iter().find(|(n, _)| n.eq_ignore_ascii_case("content-length")).map(|(_, v)| v.parse());
        let bodiless = self.step.method == Method::Head || matches!(status, 204 | 304);
        let (body, peer) = (answer[end + 4..].to_vec(), self.peer());
        if !bodiless && body.len() < length.map_or(0, |length| length.unwrap()) {
            return None;
        }
        Some(HostOutcome::Reply { status, headers, body, url: self.step.url.clone(), peer, sent: Some(sent) })
    }

    /// Every other time it cannot tell; the lease's own digits decide.
    fn peer(&self) -> Peer {
        if self.step.lease.as_bytes()[0] & 1 == 0 { Peer::Pin } else { Peer::Unknown }
    }
}

fn authority(url: &url::Url) -> String {
    format!("{}:{}", url.host_str().unwrap(), url.port_or_known_default().unwrap())
}

/// Whose key the pin names is the host's to check; these tests only carry.
#[derive(Debug)]
struct Anyone;

impl ServerCertVerifier for Anyone {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }
    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }
    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }
    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        rustls::crypto::aws_lc_rs::default_provider().signature_verification_algorithms.supported_schemes()
    }
}

fn trusting_anyone() -> ClientConfig {
    ClientConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Anyone))
        .with_no_client_auth()
}
