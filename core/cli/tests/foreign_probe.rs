//! Temporary.
mod foreign;
use foreign::server::{Kind, Server};
async fn probe(kind: Kind) {
    let home = tempfile::tempdir().unwrap();
    let mut server = Server::start(kind, &home.path().join("s"));
    let http = reqwest::Client::builder().pool_max_idle_per_host(0).build().unwrap();
    let body = vec![7u8; 500_000];
    let r = http.post(format!("http://{}/files/", server.addr())).header("Tus-Resumable", "1.0.0").header("Upload-Length", body.len()).send().await.unwrap();
    assert_eq!(r.status(), 201);
    let url = r.headers()["location"].to_str().unwrap().to_owned();
    let url = if url.starts_with('/') { format!("http://{}{url}", server.addr()) } else { url };
    let patch = |at: usize, b: Vec<u8>| http.patch(&url).header("Tus-Resumable", "1.0.0").header("Upload-Offset", at).header("Content-Type", "application/offset+octet-stream").body(b).send();
    assert_eq!(patch(0, body[..200_000].to_vec()).await.unwrap().status(), 204);
    assert_eq!(server.whole(), []);
    server.kill_and_restart();
    let r = http.head(&url).header("Tus-Resumable", "1.0.0").send().await.unwrap();
    assert_eq!(r.headers()["upload-offset"], "200000");
    assert_eq!(patch(200_000, body[200_000..].to_vec()).await.unwrap().status(), 204);
    let whole = server.whole();
    assert_eq!(whole.len(), 1);
    assert_eq!(whole[0].hash, blake3::hash(&body).to_hex().as_str());
    println!("{:?} {url}", server.completions());
}
#[tokio::test]
async fn node() { probe(Kind::TusNode).await }
#[tokio::test]
async fn tusd() { probe(Kind::Tusd).await }
#[tokio::test]
async fn rustus() { probe(Kind::Rustus).await }
