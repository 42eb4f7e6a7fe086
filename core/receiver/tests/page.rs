//! The page in a real browser: photos appear as they arrive, and a viewer filters, looks and downloads.
//!
//! `cargo xtask test` sets Chromium up and runs these.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

mod browser;
mod desk;

use browser::Browser;
use desk::{Desk, Phone};
use jpeg_encoder::{ColorType, Encoder};
use reqwest::Method;
use satchel_kernel::ids::{AssetId, BlobHash};
use satchel_kernel::protocol::post::{Place, Post, PostDocument, PostPart, Rendition, Role};

const HERE: &str = ".tile[data-state=here]";

#[tokio::test]
#[ignore = "foreign: node, chromium"]
async fn photos_appear_while_the_page_is_open() {
    let desk = Desk::open_with(|config| config.plain_http = false).await;
    let ana = desk.pair("Ana").await;
    let mut browser = Browser::start();
    browser.open(&desk.receiver().page_url()).await;
    browser.wait("#live[data-state=on]").await;
    browser.wait("#empty").await;
    let address = browser.evaluate("location.href").await;
    assert!(!address.as_str().unwrap().contains("key"), "the key does not stay in the address: {address}");

    let market = photo([200, 120, 40]);
    let words = Post {
        caption: Some("Market, early".into()),
        tags: vec!["market".into(), "morning".into()],
        place: Some(Place { name: Some("Tbilisi".into()), ..Place::default() }),
        time: Some("2026-10-03T07:41:00+04:00".into()),
        ..Post::default()
    };
    post(&ana, &desk, 1, words, &market, "IMG 0001.jpg", "image/jpeg").await;
    browser.wait(".tile[data-state=waiting] progress").await;
    ana.send(&desk, &market).await;
    browser.wait_for(HERE, 1).await;
    browser.wait(&format!("{HERE} img")).await;
    let drawn = "const i = document.querySelector('.tile img'); i.decode().then(() => i.naturalWidth)";
    assert_eq!(browser.evaluate(drawn).await, 320, "the photo itself is seen");
    let tile = browser.texts(HERE).await.join(" ");
    for part in ["Market, early", "IMG 0001.jpg", "07:41", "Ana · Tbilisi", "#market", "#morning"] {
        assert!(tile.contains(part), "{part} is not in {tile}");
    }

    // Bytes first, words after: the order of arrival does not matter.
    let harbour = photo([40, 90, 160]);
    ana.send(&desk, &harbour).await;
    let words = Post { caption: Some("Harbour".into()), tags: vec!["harbour".into()], ..Post::default() };
    post(&ana, &desk, 2, words, &harbour, "IMG 0002.jpg", "image/jpeg").await;
    browser.wait_for(HERE, 2).await;
    let (loads, complaints) = browser.history().await;
    assert_eq!((loads, complaints), (1, vec![]), "no reload, and nothing went wrong in the page");
    browser.picture("page.png").await;

    browser.wait("#tags a[data-tag=harbour]").await;
    browser.click("#tags a[data-tag=harbour]").await;
    browser.wait_for(".tile", 1).await;
    assert!(browser.texts(".tile .caption").await.contains(&"Harbour".to_owned()));
    // What arrives now and has another tag stays out of sight; what has this one appears.
    let hill = photo([60, 140, 60]);
    ana.send(&desk, &hill).await;
    post(&ana, &desk, 3, Post { tags: vec!["hill".into()], ..Post::default() }, &hill, "IMG 0003.jpg", "image/jpeg")
        .await;
    let boats = photo([20, 160, 160]);
    ana.send(&desk, &boats).await;
    post(
        &ana,
        &desk,
        4,
        Post { tags: vec!["harbour".into()], ..Post::default() },
        &boats,
        "IMG 0004.jpg",
        "image/jpeg",
    )
    .await;
    browser.wait_for(".tile", 2).await;
    assert!(!browser.texts(".tile .name").await.contains(&"IMG 0003.jpg".to_owned()));
    browser.click("#tags a[data-tag='']").await;
    browser.wait_for(HERE, 4).await;

    browser.click(&format!("{HERE}:has-text('Market, early') button.frame")).await;
    browser.wait("#viewer[open] #stage img").await;
    assert!(browser.texts("#notes").await.join(" ").contains("07:41 UTC+04:00"), "local time, as it was there");
    let kept = desk.dir.path().join("kept");
    assert_eq!(browser.download("#notes a[download]", &kept).await, "IMG 0001.jpg", "under its original name");
    assert_eq!(std::fs::read(&kept).unwrap(), market, "bit for bit");
    let (loads, complaints) = browser.history().await;
    assert_eq!((loads, complaints), (1, vec![]));
}

/// Words and a preview are there; of the original the page shows how far it came, and then the original is there.
#[tokio::test]
#[ignore = "foreign: node, chromium"]
async fn a_preview_is_seen_while_its_original_is_on_its_way() {
    let desk = Desk::open_with(|config| config.plain_http = false).await;
    let ana = desk.pair("Ana").await;
    let (preview, original) = (photo([200, 120, 40]), vec![7; 400_000]);
    let part = |rendition, bytes: &[u8]| PostPart {
        role: Role::Still,
        rendition,
        hash: BlobHash::of(bytes),
        length: bytes.len() as u64,
        name: "IMG 0001.jpg".into(),
        media_type: "image/jpeg".into(),
    };
    let document = PostDocument {
        asset: AssetId::from_bytes([1; 16]),
        revision: 1,
        post: Post { caption: Some("Market, early".into()), ..Post::default() },
        parts: vec![part(Rendition::Original, &original), part(Rendition::Preview, &preview)],
    };
    let body = [serde_json::to_vec(&document).unwrap(), b"\n".to_vec(), preview.clone()].concat();
    let request = ana.request(&desk, Method::PUT, &format!("/v1/posts/{}/1", document.asset));
    let request = request.header("Content-Type", "application/vnd.satchel.post");
    assert_eq!(request.body(body).send().await.unwrap().status(), 201);

    let mut browser = Browser::start();
    browser.open(&desk.receiver().page_url()).await;
    browser.wait("#live[data-state=on]").await;
    browser.wait(".tile img").await;
    let drawn = "const i = document.querySelector('.tile img'); i.decode().then(() => i.naturalWidth)";
    assert_eq!(browser.evaluate(drawn).await, 320, "the preview is seen");
    let path = ana.create(&desk, &original).await;
    ana.patch(&desk, &path, 0, &original[..150_000]).send().await.unwrap();
    let came = "new Promise(r => { const look = () => { const v = document.querySelector('.tile progress')?.value;
        v >= 100000 ? r(v) : setTimeout(look, 50); }; look(); })";
    assert!(browser.evaluate(came).await.as_f64().unwrap() >= 100_000.0);
    ana.patch(&desk, &path, 150_000, &original[150_000..]).send().await.unwrap();
    browser.wait_for(".tile progress", 0).await;
    let (loads, complaints) = browser.history().await;
    assert_eq!((loads, complaints), (1, vec![]));
}

/// Still and motion are one tile; the page says what is still to come, plays the motion where it can, and gives both files.
#[tokio::test]
#[ignore = "foreign: node, chromium"]
async fn a_live_photo_is_one_tile_with_its_motion() {
    let desk = Desk::open_with(|config| config.plain_http = false).await;
    let ana = desk.pair("Ana").await;
    let mut browser = Browser::start();
    browser.open(&desk.receiver().page_url()).await;
    browser.wait("#live[data-state=on]").await;
    let (preview, still, motion) = (photo([200, 120, 40]), vec![7; 900], clip(&mut browser).await);
    let part = |role, rendition, bytes: &[u8], name: &str, media_type: &str| PostPart {
        role,
        rendition,
        hash: BlobHash::of(bytes),
        length: bytes.len() as u64,
        name: name.into(),
        media_type: media_type.into(),
    };
    // The motion is named first, to see that the still stands for both all the same.
    let live = |number, caption: &str, name: &str, motion: &[u8]| PostDocument {
        asset: AssetId::from_bytes([number; 16]),
        revision: 1,
        post: Post { caption: Some(caption.into()), ..Post::default() },
        parts: vec![
            part(Role::Motion, Rendition::Original, motion, &format!("{name}.MOV"), "video/quicktime"),
            part(Role::Still, Rendition::Original, &still, &format!("{name}.HEIC"), "image/heic"),
            part(Role::Still, Rendition::Preview, &preview, &format!("{name}.jpg"), "image/jpeg"),
        ],
    };
    let waves = live(1, "Waves", "IMG_1", &motion);
    let path = format!("/v1/posts/{}/1", waves.asset);
    let body = [serde_json::to_vec(&waves).unwrap(), b"\n".to_vec(), preview.clone()].concat();
    let request = ana.request(&desk, Method::PUT, &path).header("Content-Type", "application/vnd.satchel.post");
    assert_eq!(request.body(body).send().await.unwrap().status(), 201);
    ana.send(&desk, &still).await;

    let bar = format!(".tile:has(img) progress[data-hash='{}']", BlobHash::of(&motion));
    browser.wait(&bar).await;
    assert_eq!(browser.texts(".tile .badge").await, ["Live"]);
    assert_eq!(browser.texts(".tile .name").await, ["IMG_1.HEIC"]);
    let spoken = browser.evaluate("document.querySelector('.tile .frame').ariaLabel").await;
    assert_eq!(spoken, "Waves, live photo");
    browser.click(".tile .frame").await;
    browser.wait("#viewer[open] #stage img").await;
    assert!(browser.texts("#notes").await.join(" ").contains("the motion is still to come"));
    assert_eq!(browser.evaluate("document.querySelectorAll('#stage video').length").await, 0);

    // It comes while somebody looks.
    ana.send(&desk, &motion).await;
    browser.wait("#stage img + video.second").await;
    browser.wait_for(".tile[data-whole=true] img", 1).await;
    browser.wait_for(".tile progress", 0).await;
    assert!(browser.texts("#notes").await.join(" ").contains("a still and its motion"));
    let played = "const v = document.querySelector('#stage video'); v.muted = true;
        v.play().then(() => new Promise((r) => { const look = () => (v.currentTime > 0 ? r(v.videoWidth) : setTimeout(look, 20)); look(); }))";
    assert_eq!(browser.evaluate(played).await, 64, "the motion plays");
    browser.picture("page-live.png").await;
    let kept = desk.dir.path().join("kept");
    for (name, bytes) in [("IMG_1.HEIC", &still), ("IMG_1.MOV", &motion)] {
        assert_eq!(browser.download(&format!("#notes a[download='{name}']"), &kept).await, name);
        assert_eq!(std::fs::read(&kept).unwrap(), *bytes, "{name}");
    }
    browser.click("#close").await;

    // A motion that this browser cannot play is there to be downloaded.
    let odd = desk::bytes(4_000, 3);
    let foam = live(2, "Foam", "IMG_2", &odd);
    let path = format!("/v1/posts/{}/1", foam.asset);
    assert_eq!(ana.request(&desk, Method::PUT, &path).json(&foam).send().await.unwrap().status(), 201);
    ana.send(&desk, &odd).await;
    browser.wait_for(".tile", 2).await;
    browser.click(".tile:has-text('Foam') .frame").await;
    browser.wait("#stage a.second[download='IMG_2.MOV']").await;
    assert_eq!(browser.download("#stage a.second", &kept).await, "IMG_2.MOV");
    assert_eq!(std::fs::read(&kept).unwrap(), odd);
    let (loads, complaints) = browser.history().await;
    assert_eq!((loads, complaints), (1, vec![]));
}

#[tokio::test]
#[ignore = "foreign: node, chromium"]
async fn nothing_that_was_sent_runs_in_the_page() {
    let desk = Desk::open_with(|config| config.plain_http = false).await;
    let ana = desk.pair("Ana").await;
    let markup = "<img src=x onerror=alert(1)><script>alert(2)</script>";
    let html = b"<script>alert(3)</script>".to_vec();
    let words = Post { caption: Some(markup.into()), tags: vec![markup.into()], ..Post::default() };
    ana.send(&desk, &html).await;
    post(&ana, &desk, 1, words, &html, "a\"><script>alert(4)</script>.html", "text/html").await;

    let mut browser = Browser::start();
    browser.open_on_a_phone_at_night(&desk.receiver().page_url()).await;
    browser.wait_for(HERE, 1).await;
    assert_eq!(browser.texts(".tile .caption").await, [markup], "text stays text");
    browser.picture("page-phone.png").await;
    let wide = browser.evaluate("document.documentElement.scrollWidth <= innerWidth").await;
    assert_eq!(wide, true, "it fits on a phone");
    browser.click(".tile button.frame").await;
    browser.wait("#viewer[open]").await;
    let address = browser.evaluate("document.querySelector('#notes a[download]').pathname").await;
    let address = address.as_str().unwrap();
    let shown = format!(
        "fetch('{address}').then((r) => [r.headers.get('content-type'), r.headers.get('content-disposition')].join(' '))"
    );
    let shown = browser.evaluate(&shown).await.as_str().unwrap().to_owned();
    assert!(shown.starts_with("application/octet-stream attachment"), "never a page of the receiver's own: {shown}");
    let (_, complaints) = browser.history().await;
    assert_eq!(complaints, Vec::<String>::new());
}

#[tokio::test]
#[ignore = "foreign: node, chromium"]
async fn a_stranger_sees_nothing() {
    let desk = Desk::open_with(|config| config.plain_http = false).await;
    let ana = desk.pair("Ana").await;
    let market = photo([200, 120, 40]);
    ana.send(&desk, &market).await;
    post(&ana, &desk, 1, Post::default(), &market, "IMG 0001.jpg", "image/jpeg").await;

    let mut browser = Browser::start();
    for address in [desk.receiver().url(), format!("{}/#key=wrong", desk.receiver().url())] {
        browser.open(&address).await;
        browser.wait("#login").await;
        assert_eq!(browser.evaluate("document.querySelectorAll('.tile').length").await, 0);
        assert_eq!(browser.evaluate("fetch('/api/assets').then((r) => r.status)").await, 401);
    }
    // The key that `satchel serve` prints opens it, typed by hand too.
    let key = desk.receiver().viewer_key().to_owned();
    let typed = format!("document.getElementById('key').value = {key:?}");
    browser.evaluate(&typed).await;
    browser.click("#login-form button").await;
    browser.wait_for(HERE, 1).await;
}

/// A film of half a second, 64 pixels wide, that the browser itself made, and so can play.
async fn clip(browser: &mut Browser) -> Vec<u8> {
    let script = "new Promise((done) => {
        const canvas = document.createElement('canvas');
        [canvas.width, canvas.height] = [64, 48];
        const pen = canvas.getContext('2d');
        let at = 0;
        const drawing = setInterval(() => { pen.fillStyle = `hsl(${(at += 9)} 80% 50%)`; pen.fillRect(0, 0, 64, 48); }, 20);
        const recorder = new MediaRecorder(canvas.captureStream(25));
        const pieces = [];
        recorder.ondataavailable = (e) => pieces.push(e.data);
        recorder.onstop = async () => {
            clearInterval(drawing);
            done([...new Uint8Array(await new Blob(pieces).arrayBuffer())]);
        };
        recorder.start();
        setTimeout(() => recorder.stop(), 500);
    })";
    let film: Vec<u8> = serde_json::from_value(browser.evaluate(script).await).unwrap();
    assert!(film.len() > 100, "{} bytes", film.len());
    film
}

/// A photo of one colour, which a browser can show.
fn photo(colour: [u8; 3]) -> Vec<u8> {
    const SIZE: (u16, u16) = (320, 240);
    let pixels: Vec<u8> = (0..usize::from(SIZE.0) * usize::from(SIZE.1))
        .flat_map(|at| colour.map(|part| part.saturating_add((at / usize::from(SIZE.0) / 5) as u8)))
        .collect();
    let mut bytes = Vec::new();
    Encoder::new(&mut bytes, 80).encode(&pixels, SIZE.0, SIZE.1, ColorType::Rgb).unwrap();
    bytes
}

async fn post(phone: &Phone, desk: &Desk, number: u8, post: Post, bytes: &[u8], name: &str, media_type: &str) {
    let part = PostPart {
        role: Role::Still,
        rendition: Rendition::Original,
        hash: BlobHash::of(bytes),
        length: bytes.len() as u64,
        name: name.into(),
        media_type: media_type.into(),
    };
    let asset = AssetId::from_bytes([number; 16]);
    let document = PostDocument { asset, revision: 1, post, parts: vec![part] };
    let reply = phone.request(desk, Method::PUT, &format!("/v1/posts/{asset}/1")).json(&document).send().await.unwrap();
    assert_eq!(reply.status(), 201, "{}", reply.text().await.unwrap());
}
