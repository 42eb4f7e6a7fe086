//! The network by command: what `--link`, `link-state` and `network mark` say, and a sync that follows it while it runs.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by a panic")]

mod traveller;

use serde_json::json;
use traveller::Traveller;

#[tokio::test(flavor = "multi_thread")]
async fn a_computers_network_is_free_unless_somebody_says_otherwise() {
    let traveller = Traveller::new().await;
    let photo = traveller.photo("one.jpg", 30_000);
    traveller.well(&["add", &photo]).await;

    // Without rules, what costs waits; what nobody knows waits too.
    for (link, reason) in [("cellular", "link_costs"), ("kind=wifi", "link_price_unknown"), ("none", "no_link")] {
        let told = traveller.objects(&["sync", "--link", link]).await;
        assert!(told.iter().any(|event| event["event"] == "waits" && event["reason"] == reason), "{link}: {told:#?}");
        let status = traveller.status("one.jpg", link).await;
        assert_eq!(
            (&status["reason"], &status["when"]),
            (&json!(reason), &json!("goes when there is a network that costs nothing"))
        );
    }
    assert!(traveller.objects(&["ledger"]).await.is_empty(), "not a byte");
    let said = traveller.fails(2, &["sync", "--link", "wifi,metered=perhaps"]).await;
    assert!(said.contains("metered: \"perhaps\""), "{said}");
    let said = traveller.fails(2, &["sync", "--power", "battery=full"]).await;
    assert!(said.contains("battery: "), "{said}");

    traveller.well(&["sync"]).await;
    assert!(traveller.arrived("one.jpg").await);
    assert!(traveller.ledger("unmetered", "sent").await > 30_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_that_runs_follows_what_link_state_says() {
    let traveller = Traveller::new().await;
    let photo = traveller.photo("one.jpg", 30_000);
    traveller.well(&["add", &photo]).await;
    let mut sync = traveller.syncing(&["--stay", "--link", "cellular,roaming"]);
    assert_eq!(sync.until("link").await["class"], "roaming");
    assert_eq!(sync.until("waits").await["reason"], "link_costs");

    // What cannot be understood is said, and changes nothing.
    std::fs::write(traveller.outbox().join("link"), "smoke signals\n").unwrap();
    let complaint = sync.until("complaint").await["words"].to_string();
    assert!(complaint.contains("smoke") && complaint.contains("nobody knows what the network costs"), "{complaint}");
    traveller.well(&["link-state", "none"]).await;
    assert_eq!(sync.until("link").await["link"]["kind"], "none");
    assert_eq!(sync.until("waits").await["reason"], "no_link");
    assert!(traveller.objects(&["ledger"]).await.is_empty(), "not a byte");
    traveller.well(&["link-state", "wifi,id=home"]).await;
    assert_eq!(sync.until("link").await["words"], "Wi-Fi, free (\"home\")");
    assert_eq!(sync.end().await, Some(0));
    assert!(traveller.arrived("one.jpg").await);
    let ledger = traveller.objects(&["ledger"]).await;
    assert!(ledger.iter().all(|row| row["link"] == "unmetered") && !ledger.is_empty(), "{ledger:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_link_state_said_holds_for_later_commands_until_it_is_forgotten() {
    let traveller = Traveller::new().await;
    let photo = traveller.photo("one.jpg", 30_000);
    traveller.well(&["add", &photo]).await;
    // It is read without a network.
    traveller.fails(3, &["sync", "--link", "none"]).await;
    let said = traveller.well(&["link-state", "kind=cellular,metered,id=SIM"]).await;
    assert!(said.contains("mobile data, it costs (\"SIM\")"), "{said}");
    assert!(traveller.well(&["price"]).await.contains("over mobile data, it costs (\"SIM\")"));
    let said = traveller.well(&["status"]).await;
    assert!(said.contains("waiting: this network costs") && said.contains("; goes when there is a network"), "{said}");

    // --link counts for more, for one command.
    assert!(traveller.well(&["status", "--link", "wifi"]).await.contains("waiting for its turn"));
    // A file that says nothing might have spoken of a network that costs.
    std::fs::write(traveller.outbox().join("link"), "kind=").unwrap();
    let said = traveller.fails(1, &["sync"]).await;
    assert!(said.contains("kind: ") && said.contains("--link"), "{said}");
    assert!(traveller.fails(1, &["link-state", "kind=pigeon"]).await.contains("kind: \"pigeon\""));
    traveller.well(&["link-state", "--forget"]).await;
    traveller.well(&["sync"]).await;
    assert!(traveller.arrived("one.jpg").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_persons_word_about_a_network_counts_for_more() {
    let traveller = Traveller::new().await;
    let photo = traveller.photo("one.jpg", 30_000);
    traveller.well(&["add", &photo]).await;
    assert!(traveller.well(&["network", "show"]).await.contains("nothing was said"));
    traveller.well(&["network", "mark", "hotel", "metered"]).await;
    traveller.well(&["network", "mark", "laptop", "free"]).await;
    let shown = traveller.objects(&["network", "show"]).await;
    assert_eq!(
        shown,
        [json!({ "network": "hotel", "mark": "metered" }), json!({ "network": "laptop", "mark": "free" })]
    );

    let told = traveller.objects(&["sync", "--link", "wifi,id=hotel"]).await;
    assert_eq!(told[0]["class"], "metered", "{told:#?}");
    assert!(told.iter().any(|event| event["reason"] == "link_costs"), "{told:#?}");
    traveller.well(&["network", "mark", "hotel", "forget"]).await;
    assert_eq!(traveller.objects(&["network", "show"]).await.len(), 1);
    traveller.well(&["sync", "--link", "kind=hotspot,id=laptop"]).await;
    assert!(traveller.arrived("one.jpg").await);
}

/// Law 2, from the outside: what is under way when a network that costs comes, stops; and goes on where it may.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_under_way_stops_when_link_state_says_that_it_costs() {
    let (traveller, link) = Traveller::over(200_000).await;
    let photo = traveller.photo("one.jpg", 2_000_000);
    traveller.well(&["add", &photo]).await;
    let mut sync = traveller.syncing(&["--stay"]);
    while sync.until("progress").await["rendition"] != "original" {}
    link.until(|stats| stats.forwarded_up > 300_000).await;
    traveller.well(&["link-state", "cellular"]).await;
    assert_eq!(sync.until("link").await["class"], "metered");
    assert_eq!(sync.until("waits").await["reason"], "link_costs");
    let stopped = link.stats().forwarded_up;
    assert!(stopped < 1_500_000, "it was through: {stopped}");

    // Nothing more comes, but what lay in the network: a second's worth would be 200 KB.
    let more = tokio::time::timeout(
        std::time::Duration::from_secs(1),
        link.until(|stats| stats.forwarded_up > stopped + 64_000),
    );
    assert!(more.await.is_err(), "{stopped} grew to {}", link.stats().forwarded_up);
    assert_eq!(traveller.ledger("metered", "sent").await, 0);
    traveller.well(&["link-state", "wifi"]).await;
    assert_eq!(sync.end().await, Some(0));
    assert!(traveller.arrived("one.jpg").await);
    assert_eq!(traveller.ledger("metered", "sent").await, 0);
    assert!(traveller.ledger("unmetered", "sent").await > 2_000_000);
}
