//! The gate against the false answers of the first issue (law 3): what each is, over plain HTTP and with identity.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use proptest::prelude::*;
use satchel_kernel::gate::{Grade, Imposter, Verdict, judge};
use satchel_kernel::outcome::{Cut, Headers, Identity, Marks, Method, Outcome, Reply, Request, Segment, Timers};
use satchel_kernel::protocol;

const METHODS: [Method; 6] = [Method::Get, Method::Head, Method::Post, Method::Put, Method::Patch, Method::Delete];

fn request(method: Method, marks: Marks) -> Request {
    Request {
        method,
        url: "https://desk.example/files/1".parse().expect("a URL"),
        headers: vec![],
        body: vec![Segment::Blob(0..10)],
        marks,
        authorize: true,
        fresh_connection: false,
        timers: Timers { stall_ms: 1, reply_ms: 1 },
    }
}

fn reply(status: u16, headers: &[(&str, &str)], body: &[u8], identity: Identity) -> Reply {
    let headers = headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
    let url = "https://desk.example/files/1".parse().expect("a URL");
    Reply { url, identity, status, headers: Headers(headers), body: body.to_vec() }
}

fn verdict(request: &Request, reply: Reply) -> Verdict {
    judge(request, &Outcome::Reply { sent: 0, reply })
}

fn tus(method: Method, status: u16, headers: &[(&str, &str)], identity: Identity) -> Verdict {
    verdict(&request(method, Marks::Tus), reply(status, headers, b"", identity))
}

/// tus 1.0: `OPTIONS` is answered with the versions that the server speaks; an error with its mark will do.
#[test]
fn a_probes_answer_has_marks_of_its_own() {
    let ask = |status, headers: Head<'_>, identity| tus(Method::Options, status, headers, identity);
    for versions in ["1.0.0", "0.2.2, 1.0.0,1.1.0"] {
        for status in [200, 204] {
            assert_eq!(ask(status, &[("tus-version", versions)], Identity::Proved), PROVEN);
            assert_eq!(ask(status, &[("tus-version", versions)], Identity::None), UNPROVEN);
        }
    }
    for headers in [&[][..], &[("tus-version", "2.0.0")], &[T]] {
        assert_eq!(ask(204, headers, Identity::Proved), Verdict::Gateway);
        assert_eq!(ask(204, headers, Identity::None), Verdict::Imposter(Imposter::Unmarked));
    }
    assert_eq!(ask(401, &[T], Identity::None), UNPROVEN);
    assert_eq!(ask(302, &[("tus-version", "1.0.0")], Identity::None), Verdict::Imposter(Imposter::Redirect));
}

type Head<'a> = &'a [(&'a str, &'a str)];

const T: (&str, &str) = ("tus-resumable", "1.0.0");
const PROVEN: Verdict = Verdict::Service(Grade::Proven);
const UNPROVEN: Verdict = Verdict::Service(Grade::Unproven);

#[test]
fn the_table_of_false_answers() {
    let html: &[(&str, &str)] = &[("content-type", "text/html; charset=utf-8")];
    let json: &[(&str, &str)] = &[("content-type", "application/json")];
    let none: &[(&str, &str)] = &[];
    let endless = vec![b'x'; satchel_kernel::outcome::MAX_BODY];
    let page: &[u8] = b"  <!DOCTYPE html><title>Welcome to the Grand Hotel</title>";
    use Imposter::{Page, Redirect, Unmarked};
    #[rustfmt::skip]
    let table: &[(u16, Head<'_>, &[u8], Imposter)] = &[
        (200, html, page, Page), (201, html, page, Page), (204, none, b"", Unmarked),
        (302, html, page, Redirect), (307, none, b"", Redirect), (308, none, b"", Redirect),
        (401, html, page, Page), (403, html, page, Page), (404, html, page, Page), (410, html, page, Page),
        (413, html, page, Page), (451, html, page, Page), (503, html, page, Page), (511, html, page, Page),
        (200, json, b"{\"ok\":true}", Unmarked), (200, none, &endless, Unmarked), (200, none, page, Page),
        (200, none, b"<HTML>", Page), (418, none, b"", Unmarked), (0, none, b"", Unmarked), (999, none, b"", Unmarked),
        // Half of what a tus server says is nothing.
        (201, &[("location", "/files/9")], b"", Unmarked), (204, &[("upload-offset", "10")], b"", Unmarked),
        (404, &[("tus-resumable", "0.2.2")], b"", Unmarked), (404, &[("tus-version", "1.0.0")], b"", Unmarked),
    ];
    for (status, headers, body, form) in table {
        for method in METHODS {
            for marks in [Marks::Tus, Marks::Satchel] {
                let judged = |identity| verdict(&request(method, marks), reply(*status, headers, body, identity));
                let what = format!("{} {status} {headers:?}", method.as_str());
                assert_eq!(judged(Identity::None), Verdict::Imposter(*form), "plain: {what}");
                assert_eq!(judged(Identity::Unknown), Verdict::Imposter(*form), "unknown: {what}");
                assert_eq!(judged(Identity::Proved), Verdict::Gateway, "proved: {what}");
            }
        }
    }
}

#[test]
fn what_is_no_reply() {
    let silent = [
        Cut::NoAddress,
        Cut::NoConnection,
        Cut::Handshake,
        Cut::Reset,
        Cut::Stalled,
        Cut::NoReply,
        Cut::Stopped,
        Cut::Spent,
        Cut::SourceChanged,
        Cut::SourceUnreadable,
    ];
    let judged = |cut| judge(&request(Method::Patch, Marks::Tus), &Outcome::Cut { sent: 10, cut });
    for cut in silent {
        assert_eq!(judged(cut), Verdict::Silence(cut));
    }
    assert_eq!(judged(Cut::Certificate), Verdict::Imposter(Imposter::Certificate));
    assert_eq!(judged(Cut::Garbage), Verdict::Imposter(Imposter::Garbage));
}

#[test]
fn the_services_own_answers() {
    #[rustfmt::skip]
    let genuine: &[(Method, u16, Head<'_>)] = &[
        (Method::Post, 201, &[T, ("location", "/files/1")]),
        (Method::Head, 200, &[T, ("upload-offset", "0")]), (Method::Head, 204, &[T, ("upload-offset", "7")]),
        (Method::Patch, 204, &[T, ("upload-offset", "18446744073709551615")]),
        (Method::Delete, 204, &[T]),
        (Method::Patch, 404, &[T]), (Method::Head, 410, &[T]), (Method::Post, 413, &[T]), (Method::Patch, 460, &[T]),
        (Method::Patch, 423, &[T]), (Method::Post, 503, &[T]),
    ];
    for (method, status, headers) in genuine {
        assert_eq!(tus(*method, *status, headers, Identity::Proved), PROVEN, "{method:?} {status}");
        assert_eq!(tus(*method, *status, headers, Identity::None), UNPROVEN, "{method:?} {status}");
        assert_eq!(tus(*method, *status, headers, Identity::Unknown), UNPROVEN, "{method:?} {status}");
    }
    for status in [200, 201, 400, 409, 503] {
        let marked = reply(status, &[(protocol::MARK, protocol::VERSION)], b"{}", Identity::Proved);
        assert_eq!(verdict(&request(Method::Put, Marks::Satchel), marked), PROVEN);
    }
}

#[test]
fn a_success_without_all_of_its_marks_is_none() {
    #[rustfmt::skip]
    let lacking: &[(Method, u16, Head<'_>)] = &[
        (Method::Post, 201, &[T]), (Method::Post, 201, &[T, ("location", "")]), (Method::Post, 201, &[T, ("location", "  ")]),
        (Method::Post, 200, &[T, ("location", "/f")]), (Method::Post, 204, &[T, ("location", "/f")]),
        (Method::Head, 200, &[T]), (Method::Head, 201, &[T, ("upload-offset", "1")]),
        (Method::Patch, 204, &[T]), (Method::Patch, 200, &[T, ("upload-offset", "1")]), (Method::Patch, 201, &[T, ("upload-offset", "1")]),
        (Method::Delete, 200, &[T]), (Method::Delete, 202, &[T]),
        (Method::Get, 200, &[T]), (Method::Put, 200, &[T]),
        (Method::Patch, 302, &[T, ("upload-offset", "1")]), (Method::Head, 304, &[T, ("upload-offset", "1")]),
        (Method::Patch, 103, &[T, ("upload-offset", "1")]), (Method::Patch, 0, &[T, ("upload-offset", "1")]),
    ];
    for (method, status, headers) in lacking {
        assert_eq!(
            tus(*method, *status, headers, Identity::Proved),
            Verdict::Gateway,
            "{method:?} {status} {headers:?}"
        );
    }
    for offset in ["", "-1", "+1", "1.0", "0x10", "1 2", "1,1", "18446744073709551616", "NaN", "１"] {
        let verdict = tus(Method::Patch, 204, &[T, ("upload-offset", offset)], Identity::Proved);
        assert_eq!(verdict, Verdict::Gateway, "{offset:?}");
    }
}

#[test]
fn headers_that_contradict_each_other_are_no_marks() {
    let offsets = |a, b| tus(Method::Patch, 204, &[T, ("upload-offset", a), ("upload-offset", b)], Identity::Proved);
    assert_eq!(offsets("7", "8"), Verdict::Gateway);
    assert_eq!(offsets("7", "7"), PROVEN, "twice the same is no contradiction");
    assert_eq!(offsets("7", " 7 "), PROVEN, "white space around a value is none of it");
    let locations = [T, ("location", "/a"), ("Location", "/b")];
    assert_eq!(tus(Method::Post, 201, &locations, Identity::Proved), Verdict::Gateway);
    assert_eq!(
        tus(Method::Head, 404, &[T, ("Tus-Resumable", "0.2.2")], Identity::None),
        Verdict::Imposter(Imposter::Unmarked)
    );
}

#[test]
fn the_case_of_a_headers_name_does_not_matter_and_that_of_its_value_does() {
    let headers = [("TUS-Resumable", "1.0.0"), ("UPLOAD-Offset", "7")];
    assert_eq!(tus(Method::Patch, 204, &headers, Identity::Proved), PROVEN);
    assert_eq!(
        tus(Method::Patch, 204, &[("tus-resumable", "v1.0.0"), ("upload-offset", "7")], Identity::Proved),
        Verdict::Gateway
    );
}

#[test]
fn one_protocols_marks_are_not_the_others() {
    let both = [T, (protocol::MARK, protocol::VERSION), ("location", "/f"), ("upload-offset", "1")];
    let of_tus = reply(404, &[T], b"", Identity::Proved);
    let of_satchel = reply(404, &[(protocol::MARK, protocol::VERSION)], b"", Identity::Proved);
    assert_eq!(verdict(&request(Method::Patch, Marks::Satchel), of_tus), Verdict::Gateway);
    assert_eq!(verdict(&request(Method::Patch, Marks::Tus), of_satchel), Verdict::Gateway);
    assert_eq!(verdict(&request(Method::Patch, Marks::Tus), reply(204, &both, b"", Identity::Proved)), PROVEN);
}

#[test]
fn another_path_is_the_same_service_and_another_origin_is_not() {
    let elsewhere = [
        ("https://desk.example/other?x=1", PROVEN),
        ("https://desk.example:443/files/1", PROVEN),
        ("http://desk.example/files/1", Verdict::Imposter(Imposter::Redirect)),
        ("https://desk.example:8443/files/1", Verdict::Imposter(Imposter::Redirect)),
        ("https://desk.example.evil.example/files/1", Verdict::Imposter(Imposter::Redirect)),
        ("data:text/html,x", Verdict::Imposter(Imposter::Redirect)),
    ];
    for (url, expected) in elsewhere {
        let mut reply = reply(204, &[T, ("upload-offset", "7")], b"", Identity::Proved);
        reply.url = url.parse().unwrap();
        assert_eq!(verdict(&request(Method::Patch, Marks::Tus), reply), expected, "{url}");
    }
}

fn any_method() -> impl Strategy<Value = Method> {
    prop::sample::select(METHODS.to_vec())
}

fn any_identity() -> impl Strategy<Value = Identity> {
    prop::sample::select(vec![Identity::Proved, Identity::None, Identity::Unknown])
}

fn any_marks() -> impl Strategy<Value = Marks> {
    prop::sample::select(vec![Marks::Tus, Marks::Satchel])
}

/// Headers as they might come: names of the protocols among others, values that nearly fit.
fn any_headers() -> impl Strategy<Value = Vec<(String, String)>> {
    let name = prop_oneof![
        prop::sample::select(vec![
            "tus-resumable",
            "Tus-Resumable",
            "location",
            "upload-offset",
            "satchel-version",
            "content-type"
        ])
        .prop_map(str::to_owned),
        "[a-zA-Z-]{1,12}",
    ];
    let value = prop_oneof![
        prop::sample::select(vec!["1.0.0", "1", "/files/1", "0", "10", "text/html"]).prop_map(str::to_owned),
        ".{0,12}",
    ];
    prop::collection::vec((name, value), 0..6)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn law_3_without_marks_it_is_never_the_service(
        method in any_method(), marks in any_marks(), identity in any_identity(), status: u16, headers in any_headers(), body: Vec<u8>,
    ) {
        let mark = match marks { Marks::Tus => "tus-resumable", Marks::Satchel => protocol::MARK };
        let headers: Vec<_> = headers.into_iter().filter(|(n, _)| !n.eq_ignore_ascii_case(mark)).collect();
        let url = "https://desk.example/files/1".parse().unwrap();
        let reply = Reply { url, identity, status, headers: Headers(headers), body };
        let verdict = verdict(&request(method, marks), reply);
        prop_assert!(!matches!(verdict, Verdict::Service(_)), "{verdict:?}");
    }

    #[test]
    fn law_3_from_another_origin_it_is_never_the_service(
        method in any_method(), marks in any_marks(), identity in any_identity(), status: u16, headers in any_headers(),
        host in "[a-z]{1,8}\\.example", port: u16,
    ) {
        let url: url::Url = format!("https://{host}:{port}/files/1").parse().unwrap();
        prop_assume!(url.origin() != request(method, marks).url.origin());
        let reply = Reply { url, identity, status, headers: Headers(headers), body: vec![] };
        prop_assert_eq!(verdict(&request(method, marks), reply), Verdict::Imposter(Imposter::Redirect));
    }

    #[test]
    fn law_3_without_identity_nothing_is_proven(
        method in any_method(), marks in any_marks(), status: u16, headers in any_headers(), known: bool,
    ) {
        let identity = if known { Identity::None } else { Identity::Unknown };
        let url = "https://desk.example/files/1".parse().unwrap();
        let reply = Reply { url, identity, status, headers: Headers(headers), body: vec![] };
        let verdict = verdict(&request(method, marks), reply);
        prop_assert!(verdict != PROVEN && verdict != Verdict::Gateway);
    }
}
