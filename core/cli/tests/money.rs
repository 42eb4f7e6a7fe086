//! Rules, budgets, prices, grants and the ledger by command, against a receiver.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by a panic")]

mod traveller;

use serde_json::{Value, json};
use traveller::Traveller;

const ABROAD: &str = "kind=cellular,metered,roaming,id=SIM";

#[tokio::test(flavor = "multi_thread")]
async fn rules_are_set_by_name_or_file_and_faults_name_file_and_field() {
    let traveller = Traveller::new().await;
    let list = traveller.well(&["policy", "list"]).await;
    assert!(list.contains("never on mobile data") && list.lines().count() == 3, "{list}");
    let set = traveller.well(&["policy", "set", "Everything, within my  budget"]).await;
    assert!(set.contains("from now on: everything, within my budget"), "{set}");
    let shown = &traveller.objects(&["policy", "show"]).await[0];
    assert_eq!(shown["name"], "everything, within my budget");

    // What is shown can be set again.
    let mut policy = shown["policy"].clone();
    policy["uploads_at_once"] = json!(3);
    let file = traveller.file("mine.json", policy.to_string());
    traveller.well(&["policy", "set", &file]).await;
    let shown = &traveller.objects(&["policy", "show"]).await[0];
    assert_eq!((&shown["name"], &shown["policy"]), (&Value::Null, &policy));

    policy["rules"][0]["allow"][0]["hours"] = json!("late");
    let wrong = traveller.file("wrong.json", policy.to_string());
    let said = traveller.fails(1, &["policy", "set", &wrong]).await;
    assert!(said.contains("wrong.json: rules[0].allow[0].hours"), "{said}");
    let said = traveller.fails(1, &["policy", "set", "everything for free"]).await;
    assert!(said.contains("neither a file nor a ready-made policy") && said.contains("never on mobile data"), "{said}");
    assert_eq!(traveller.objects(&["policy", "show"]).await[0]["policy"]["uploads_at_once"], 3, "it changed nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn budgets_are_set_shown_and_forgotten() {
    let traveller = Traveller::new().await;
    assert!(traveller.well(&["budget", "show"]).await.contains("there is none"));
    let set = traveller.well(&["budget", "set", "abroad", "1.5MB", "--over", "roaming", "--day"]).await;
    assert!(set.starts_with("budget \"abroad\", roaming: 1.5 MB left of 1.5 MB a day; a new one "), "{set}");
    let trip = ["budget", "set", "trip", "200MB", "--network", "SIM", "--from", "2031-05-01", "--to", "2031-05-02"];
    let set = traveller.well(&trip).await;
    assert!(
        set.contains("network \"SIM\": 200 MB left of 200 MB from 2031-05-01 to 2031-05-02; it does not count now"),
        "{set}"
    );
    let shown = traveller.objects(&["budget", "show"]).await;
    let names: Vec<_> = shown.iter().map(|budget| (budget["budget"].clone(), budget["left"].clone())).collect();
    assert_eq!(names, [(json!("abroad"), json!(1_500_000)), (json!("trip"), json!(200_000_000))]);
    let span = &shown[1]["period"]["trip"];
    assert_eq!(
        span["to_utc_ms"].as_i64().unwrap() - span["from_utc_ms"].as_i64().unwrap(),
        2 * 86_400_000,
        "both days"
    );

    let said = traveller.fails(1, &["budget", "remove", "beach"]).await;
    assert!(said.contains("no budget \"beach\""), "{said}");
    traveller.well(&["budget", "remove", "trip"]).await;
    assert_eq!(traveller.objects(&["budget", "show"]).await.len(), 1);

    traveller.fails(2, &["budget", "set", "x", "1MB"]).await;
    traveller.fails(2, &["budget", "set", "x", "lots", "--over", "roaming"]).await;
    traveller.fails(2, &["budget", "set", "x", "1MB", "--over", "roaming", "--from", "2031-05-01"]).await;
    let back = ["budget", "set", "x", "1MB", "--over", "roaming", "--from", "2031-05-02", "--to", "2031-04-30"];
    assert!(traveller.fails(1, &back).await.contains("ends before it begins"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_budget_holds_back_has_a_price_and_goes_by_a_grant() {
    let traveller = Traveller::new().await;
    let (small, large) = (traveller.photo("small.jpg", 60_000), traveller.photo("large.jpg", 900_000));
    traveller.well(&["add", &small, &large]).await;
    traveller.well(&["policy", "set", "everything, within my budget"]).await;
    traveller.well(&["budget", "set", "abroad", "300KB", "--over", "roaming"]).await;

    let price = traveller.objects(&["price", "--link", ABROAD]).await.remove(0);
    assert!(price["bytes"].as_u64().unwrap() > 960_000 && price["uploads"] == 2, "{price}");
    assert_eq!(
        (&price["budgets"][0]["budget"], &price["budgets"][0]["never"]),
        (&json!("abroad"), &json!(true)),
        "{price}"
    );
    let words = traveller.well(&["price", "--link", "cellular,roaming,rate=100KB"]).await;
    assert!(words.contains("at 100 KB a second") && words.contains("it can never go by it"), "{words}");

    let mut sync = traveller.syncing(&["--link", ABROAD]);
    let waits = sync.until("waits").await;
    assert_eq!((&waits["assets"], &waits["reason"]), (&json!(1), &json!("budget_too_small")), "{waits}");
    assert_eq!(sync.end().await, Some(3));
    assert!(traveller.arrived("small.jpg").await && !traveller.arrived("large.jpg").await);
    let spent = traveller.ledger("roaming", "sent").await + traveller.ledger("roaming", "received").await;
    assert!((60_000..300_000).contains(&spent), "{spent}");

    // It says why, and when it goes; its words are there already.
    let status = traveller.status("large.jpg", ABROAD).await;
    assert_eq!((&status["state"], &status["post_there"]), (&json!("waiting"), &json!(true)), "{status}");
    assert_eq!(status["words"], "it is larger than the whole budget \"abroad\"");
    assert_eq!(status["when"], "goes when there is a network that costs nothing");
    let said = traveller.well(&["status", "--link", ABROAD]).await;
    assert!(said.contains("its post is there, the original is waiting: it is larger than the whole budget"), "{said}");
    assert!(said.contains("budget \"abroad\", roaming: ") && said.contains(" left of 300 KB a day"), "{said}");

    // Nobody is asked without a terminal; nothing is granted then.
    let id = &status["id"].as_str().unwrap()[..8];
    let said = traveller.fails(1, &["grant", "--now", id, "--link", ABROAD]).await;
    assert!(said.contains("about ") && said.contains("--yes"), "{said}");
    assert!(traveller.objects(&["grant", "show"]).await.is_empty());
    traveller.fails(2, &["grant", id]).await;
    let said = traveller.fails(1, &["grant", "ffffffff", "--now", "--yes"]).await;
    assert!(said.contains("no asset ffffffff"), "{said}");

    // A grant is for the link that it was given for.
    let granted = traveller.objects(&["grant", id, "--bytes", "1.2MB", "--for", "1h", "--link", ABROAD]).await;
    assert_eq!(
        (&granted[1]["grant"], &granted[1]["kind"], &granted[1]["network"]),
        (&json!(1), &json!("cellular"), &json!("SIM"))
    );
    assert!(traveller.well(&["grant", "end", "1"]).await.contains("ended"));
    assert_eq!(traveller.status("large.jpg", ABROAD).await["reason"], "budget_too_small");
    traveller.well(&["grant", "--now", "--yes", id, "--link", ABROAD]).await;
    assert_eq!(
        traveller.status("large.jpg", "kind=cellular,metered,roaming,id=other").await["reason"],
        "budget_too_small"
    );
    assert_eq!(traveller.status("large.jpg", ABROAD).await["reason"], "turn");
    assert!(traveller.well(&["status", "--link", ABROAD]).await.contains("left over mobile data (\"SIM\"), for "));
    traveller.well(&["sync", "--link", ABROAD]).await;
    assert!(traveller.arrived("large.jpg").await);
    let ledger = traveller.well(&["ledger"]).await;
    assert!(ledger.contains("roaming") && !ledger.contains("unmetered"), "{ledger}");
    assert!(traveller.ledger("roaming", "acknowledged").await >= 960_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_know_albums_kinds_of_links_and_the_charger() {
    let traveller = Traveller::new().await;
    let (camera, messenger) = (traveller.photo("camera.jpg", 40_000), traveller.photo("messenger.jpg", 40_000));
    traveller.well(&["add", &camera, "--album", "Camera"]).await;
    traveller.well(&["add", &messenger, "--album", "Messenger"]).await;
    let rules = json!({ "version": 2, "rules": [
        { "for": { "albums": ["Messenger"] }, "allow": [] },
        { "allow": [{ "over": ["cellular"], "only_while_charging": true }] },
    ] });
    let file = traveller.file("rules.json", rules.to_string());
    traveller.well(&["policy", "set", &file]).await;

    let end = traveller.objects(&["sync", "--link", "cellular", "--power", "charging=no,battery=80"]).await;
    let reasons: Vec<_> =
        end.iter().filter(|event| event["event"] == "waits").map(|event| event["reason"].clone()).collect();
    assert!(reasons.contains(&json!("not_charging")) && reasons.contains(&json!("never")), "{end:#?}");
    assert_eq!(traveller.ledger("metered", "sent").await, 0, "not a byte");
    let status = traveller.objects(&["status", "--link", "cellular"]).await;
    assert_eq!(status[1]["when"], "goes when there is a network that is not abroad and the phone is charging");
    traveller.objects(&["sync", "--link", "cellular", "--power", "charging"]).await;
    assert!(traveller.arrived("camera.jpg").await && !traveller.arrived("messenger.jpg").await);
    assert_eq!(traveller.status("messenger.jpg", "wifi").await["words"], "your rules never send it");
}
