//! What the page's server side says: who may look, what a browser is told, and what it is never given.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by a panic")]

mod desk;

use desk::{Desk, header};
use futures_util::StreamExt as _;
use reqwest::{Client, Method, Response};
use satchel_kernel::ids::{AssetId, BlobHash};
use serde_json::{Value, json};

fn browser() -> Client {
    desk::client()
}

/// Logs in as the page does; the cookie.
async fn log_in(desk: &Desk) -> String {
    let key = desk.receiver().viewer_key();
    let reply = browser()
        .post(desk.url("/api/login"))
        .header("Satchel-Page", "1")
        .json(&json!({ "key": key }))
        .send()
        .await
        .unwrap();
    assert_eq!(reply.status(), 204);
    header(&reply, "set-cookie")
}

async fn get(desk: &Desk, cookie: &str, path: &str) -> Response {
    let pair = cookie.split(';').next().unwrap();
    browser().get(desk.url(path)).header("Cookie", pair).send().await.unwrap()
}

async fn assets(desk: &Desk, cookie: &str, query: &str) -> Value {
    get(desk, cookie, &format!("/api/assets{query}")).await.json().await.unwrap()
}

#[tokio::test]
async fn every_reply_is_strict_and_the_page_holds_nothing_inline() {
    let desk = Desk::open().await;
    for path in ["/", "/app.js", "/pair.js", "/app.css", "/icon.svg", "/api/desk", "/nothing"] {
        let reply = browser().get(desk.url(path)).send().await.unwrap();
        let policy = header(&reply, "content-security-policy");
        assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self';"), "{path}: {policy}");
        assert!(!policy.contains("unsafe") && policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
        assert_eq!(header(&reply, "x-content-type-options"), "nosniff", "{path}");
        assert_eq!(header(&reply, "referrer-policy"), "no-referrer", "{path}");
        if path == "/" {
            let html = reply.text().await.unwrap();
            assert!(!html.contains("<style") && !html.contains("style=") && !html.contains("onclick"));
            assert_eq!(html.matches("<script").count(), html.matches("<script type=\"module\" src=").count());
        }
    }
}

#[tokio::test]
async fn only_a_viewer_sees_anything() {
    let mut desk = Desk::open_with(|c| c.plain_http = false).await;
    let ana = desk.pair("Ana").await;
    ana.send(&desk, b"photo").await;
    for path in ["/api/desk", "/api/assets", "/api/tags", "/api/events", "/api/devices", "/media/1/0"] {
        assert_eq!(browser().get(desk.url(path)).send().await.unwrap().status(), 401, "{path}");
        let phone = ana.request(&desk, Method::GET, path).send().await.unwrap();
        assert_eq!(phone.status(), 401, "a phone's token is no viewer's: {path}");
    }
    let wrong = browser()
        .post(desk.url("/api/login"))
        .header("Satchel-Page", "1")
        .json(&json!({ "key": "guess" }))
        .send()
        .await
        .unwrap();
    assert_eq!(wrong.status(), 401);
    assert!(wrong.headers().get("set-cookie").is_none());

    let cookie = log_in(&desk).await;
    for attribute in ["HttpOnly", "Secure", "SameSite=Strict", "Path=/"] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    assert!(cookie.starts_with("__Host-"), "{cookie}");
    assert_eq!(get(&desk, &cookie, "/api/desk").await.status(), 200);
    assert!(desk.receiver().page_url().ends_with(&format!("/#key={}", desk.receiver().viewer_key())));

    // A cookie alone changes nothing: that takes a header which only the page can add.
    let pair = cookie.split(';').next().unwrap().to_owned();
    let delete = |page: bool| {
        let request = browser().delete(desk.url("/api/assets/1")).header("Cookie", &pair);
        if page { request.header("Satchel-Page", "1") } else { request }
    };
    assert_eq!(delete(false).send().await.unwrap().status(), 403);
    assert_eq!(delete(true).send().await.unwrap().status(), 204);
    assert_eq!(delete(true).send().await.unwrap().status(), 404);

    desk.restart().await;
    assert_eq!(get(&desk, &cookie, "/api/desk").await.status(), 200, "a login outlives a restart");
    let out = browser()
        .post(desk.url("/api/logout"))
        .header("Cookie", &pair)
        .header("Satchel-Page", "1")
        .send()
        .await
        .unwrap();
    assert_eq!(out.status(), 204);
    assert_eq!(get(&desk, &cookie, "/api/desk").await.status(), 401);
}

#[tokio::test]
async fn what_arrives_is_told_as_it_arrives() {
    let desk = Desk::open().await;
    let ana = desk.pair("Ana").await;
    let cookie = log_in(&desk).await;
    let mut events = get(&desk, &cookie, "/api/events").await.bytes_stream();
    let mut heard = String::new();
    let mut hear = async |what: &str| {
        let listen = async {
            while !heard.contains(what) {
                heard.push_str(&String::from_utf8_lossy(&events.next().await.unwrap().unwrap()));
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(20), listen)
            .await
            .unwrap_or_else(|_| panic!("never heard {what}"));
        std::mem::take(&mut heard)
    };
    hear("event: hello").await;
    let photo = desk::bytes(800_000, 1);
    let asset = AssetId::from_bytes([1; 16]);
    let post = json!({
        "asset": asset, "revision": 1, "caption": "Boats <b>", "tags": ["sea", "Dawn"], "place": { "name": "Hel" }, "time": "2024-05-06T07:08:09+02:00",
        "parts": [{ "role": "still", "rendition": "original", "hash": BlobHash::of(&photo), "length": photo.len(), "name": "IMG_1.jpg", "type": "image/jpeg" }]
    });
    ana.request(&desk, Method::PUT, &format!("/v1/posts/{asset}/1")).json(&post).send().await.unwrap();
    assert!(hear("event: asset").await.contains("\"here\":false"));
    let path = ana.create(&desk, &photo).await;
    ana.patch(&desk, &path, 0, &photo[..400_000]).send().await.unwrap();
    hear("event: progress").await;
    ana.patch(&desk, &path, 400_000, &photo[400_000..]).send().await.unwrap();
    hear("\"here\":true").await;

    let list = assets(&desk, &cookie, "").await;
    let shown = &list["assets"][0];
    for (field, value) in
        [("contributor", "Ana"), ("caption", "Boats <b>"), ("place", "Hel"), ("time", "2024-05-06T07:08:09+02:00")]
    {
        assert_eq!(shown[field], value);
    }
    assert_eq!(shown["posted"], true);
    assert_eq!(list["assets"].as_array().unwrap().len(), 1);
    assert_eq!(
        assets(&desk, &cookie, "?tag=dawn").await["assets"].as_array().unwrap().len(),
        1,
        "tags are found in any case"
    );
    assert_eq!(assets(&desk, &cookie, "?tag=dusk").await["assets"].as_array().unwrap().len(), 0);
    let tags: Value = get(&desk, &cookie, "/api/tags").await.json().await.unwrap();
    assert_eq!(tags, json!([{ "tag": "Dawn", "count": 1 }, { "tag": "sea", "count": 1 }]));

    let id = shown["id"].as_i64().unwrap();
    assert!(desk.receiver().delete_asset(id).await.unwrap());
    hear("event: gone").await;
    let mut later = post.clone();
    later["revision"] = json!(2);
    let kept = ana.request(&desk, Method::PUT, &format!("/v1/posts/{asset}/2")).json(&later).send().await.unwrap();
    assert_eq!(kept.status(), 201);
    assert_eq!(assets(&desk, &cookie, "").await["assets"], json!([]), "what a viewer deleted stays deleted");
    assert_eq!(get(&desk, &cookie, "/api/tags").await.json::<Value>().await.unwrap(), json!([]));
}

#[tokio::test]
async fn a_blob_without_a_post_is_shown_and_the_post_takes_its_place() {
    let desk = Desk::open().await;
    let ana = desk.pair("Ana").await;
    let cookie = log_in(&desk).await;
    use base64::Engine as _;
    let b64 = |t: &str| base64::engine::general_purpose::STANDARD.encode(t);
    let metadata = format!(
        "filename {},filetype {},caption {},tags {}",
        b64("a.png"),
        b64("image/png"),
        b64("From tus"),
        b64("one, two")
    );
    let reply = ana
        .tus(&desk, "POST", "/files/")
        .header("Upload-Length", 5)
        .header("Upload-Metadata", &metadata)
        .header("Content-Type", "application/offset+octet-stream")
        .body("photo")
        .send()
        .await
        .unwrap();
    assert_eq!(reply.status(), 201);
    let head = ana.tus(&desk, "HEAD", &desk::location(&reply)).send().await.unwrap();
    assert_eq!(header(&head, "upload-metadata"), metadata);
    let bare = assets(&desk, &cookie, "?tag=two").await["assets"][0].clone();
    assert_eq!(
        (bare["caption"].as_str(), bare["posted"].as_bool(), bare["parts"][0]["name"].as_str()),
        (Some("From tus"), Some(false), Some("a.png"))
    );

    let asset = AssetId::from_bytes([2; 16]);
    let part = json!({ "role": "still", "rendition": "original", "hash": BlobHash::of(b"photo"), "length": 5, "name": "b.png", "type": "image/png" });
    let post = json!({ "asset": asset, "revision": 1, "caption": "Said later", "parts": [part] });
    ana.request(&desk, Method::PUT, &format!("/v1/posts/{asset}/1")).json(&post).send().await.unwrap();
    let list = assets(&desk, &cookie, "").await["assets"].as_array().unwrap().clone();
    assert_eq!(list.len(), 1);
    assert_eq!((list[0]["caption"].as_str(), list[0]["parts"][0]["here"].as_bool()), (Some("Said later"), Some(true)));
}

#[tokio::test]
async fn nothing_that_was_sent_can_run_in_a_browser() {
    let desk = Desk::open().await;
    let ana = desk.pair("Ana").await;
    let cookie = log_in(&desk).await;
    let kinds = [
        ("text/html", "x.html", "application/octet-stream", "attachment"),
        ("image/svg+xml", "x.svg", "application/octet-stream", "attachment"),
        ("application/pdf", "x.pdf", "application/octet-stream", "attachment"),
        ("IMAGE/JPEG", "na\"me\r\n.jpg", "image/jpeg", "inline"),
        ("video/mp4", "x.mp4", "video/mp4", "inline"),
    ];
    for (number, (kind, name, served, shown)) in kinds.into_iter().enumerate() {
        let bytes = format!("<script>alert({number})</script>");
        ana.send(&desk, bytes.as_bytes()).await;
        let asset = AssetId::from_bytes([number as u8; 16]);
        let part = json!({ "role": "still", "rendition": "original", "hash": BlobHash::of(bytes.as_bytes()), "length": bytes.len(), "name": name, "type": kind });
        let post = json!({ "asset": asset, "revision": 1, "parts": [part] });
        assert_eq!(
            ana.request(&desk, Method::PUT, &format!("/v1/posts/{asset}/1")).json(&post).send().await.unwrap().status(),
            201
        );
        let id = assets(&desk, &cookie, "?order=arrived&limit=1").await["assets"][0]["id"].as_i64().unwrap();
        let reply = get(&desk, &cookie, &format!("/media/{id}/0")).await;
        assert_eq!(header(&reply, "content-type"), served);
        assert!(header(&reply, "content-disposition").starts_with(shown), "{kind}");
        assert!(header(&reply, "content-security-policy").starts_with("sandbox"), "{kind}");
        assert_eq!(header(&reply, "x-content-type-options"), "nosniff");
        assert_eq!(reply.text().await.unwrap(), bytes);
        let kept = get(&desk, &cookie, &format!("/media/{id}/0?download=1")).await;
        assert!(header(&kept, "content-disposition").starts_with("attachment"));
    }
}

#[tokio::test]
async fn videos_are_served_in_ranges() {
    let desk = Desk::open().await;
    let ana = desk.pair("Ana").await;
    let cookie = log_in(&desk).await;
    let film = desk::bytes(200_000, 9);
    ana.send(&desk, &film).await;
    let id = assets(&desk, &cookie, "").await["assets"][0]["id"].as_i64().unwrap();
    let pair = cookie.split(';').next().unwrap();
    let ranged = |range: &str| {
        browser()
            .get(desk.url(&format!("/media/{id}/0")))
            .header("Cookie", pair)
            .header("Range", range.to_owned())
            .send()
    };
    let part = ranged("bytes=1000-1999").await.unwrap();
    assert_eq!((part.status().as_u16(), header(&part, "content-range")), (206, "bytes 1000-1999/200000".into()));
    assert_eq!(part.bytes().await.unwrap(), film[1000..2000]);
    assert_eq!(ranged("bytes=-10").await.unwrap().bytes().await.unwrap(), film[199_990..]);
    assert_eq!(ranged("bytes=200000-").await.unwrap().status(), 416);
    let whole = get(&desk, &cookie, &format!("/media/{id}/0")).await;
    let tag = header(&whole, "etag");
    assert_eq!(whole.bytes().await.unwrap(), film);
    let again = browser()
        .get(desk.url(&format!("/media/{id}/0")))
        .header("Cookie", pair)
        .header("If-None-Match", tag)
        .send()
        .await
        .unwrap();
    assert_eq!(again.status(), 304);
}

#[tokio::test]
async fn the_list_comes_in_pages_without_gaps_or_doubles() {
    let desk = Desk::open().await;
    let ana = desk.pair("Ana").await;
    let cookie = log_in(&desk).await;
    for number in 0..23u8 {
        let asset = AssetId::from_bytes([number; 16]);
        // Several share a second.
        let post = json!({ "asset": asset, "revision": 1, "tags": ["all"], "time": format!("2024-05-06T07:08:{:02}", number / 4), "parts": [] });
        ana.request(&desk, Method::PUT, &format!("/v1/posts/{asset}/1")).json(&post).send().await.unwrap();
    }
    for query in ["?limit=5", "?limit=5&tag=all", "?limit=5&order=arrived", "?limit=5&order=arrived&tag=all"] {
        let mut seen = Vec::new();
        let mut after = String::new();
        loop {
            let page = assets(&desk, &cookie, &format!("{query}{after}")).await;
            seen.extend(
                page["assets"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|a| (a["taken"].as_i64().unwrap(), a["id"].as_i64().unwrap())),
            );
            let Some(next) = page["next"].as_str() else { break };
            after = format!("&after={next}");
        }
        let distinct: std::collections::BTreeSet<_> = seen.iter().collect();
        assert_eq!((seen.len(), distinct.len()), (23, 23), "{query}");
        assert!(seen.is_sorted_by(|a, b| a > b) || query.contains("arrived"), "{query}");
    }
    assert_eq!(get(&desk, &cookie, "/api/assets?after=nonsense").await.status(), 400);
}
