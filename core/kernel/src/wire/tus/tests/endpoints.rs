//! One store, reached by several endpoints.

use super::*;

#[test]
fn an_upload_is_found_by_another_endpoint_of_its_store() {
    let url = |text: &str| text.parse::<url::Url>().unwrap();
    let job = Job {
        create: url("https://b.example:8443/box/files"),
        siblings: vec![url("https://a.example/files/")],
        ..job(true)
    };
    for (there, here) in [
        ("https://a.example/files/7f?x=1", "https://b.example:8443/box/files/7f?x=1"),
        ("https://a.example/store/7f", "https://b.example:8443/store/7f"),
        ("https://b.example:8443/other/7f", "https://b.example:8443/other/7f"),
        // One that is none of the target's any more.
        ("https://c.example/files/7f", "https://b.example:8443/files/7f"),
    ] {
        let tus = Tus { location: Some(url(there)), ..Tus::default() };
        let (tus, needs) = tus.step(&job, Event::Start, &now());
        assert_eq!(tus.location(), Some(here));
        assert!(matches!(&needs[..], [Need::Send(_, request)] if request.url.as_str() == here));
    }
}
