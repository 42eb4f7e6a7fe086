//! What a person set reaches another process at once, outlives the loss of the database, and comes with older databases.

use std::fs;
use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;
use satchel::{AddOptions, AssetState, Config, Link, Mark, Outbox, Policy, WaitReason};

use super::super::world::{add, all, lose_database, run, run_out};
use super::{Desk, budget, carried, cost, sim, until, until_waits, wifi, within_budget};

const FIRST_LIGHT: &str = include_str!("../../../src/store/migrations/0001_first_light.sql");

/// One as an app opens it that keeps its rules in the outbox.
async fn keeping(desk: &Desk) -> Outbox {
    Outbox::open(Config { policy: None, ..desk.place.patient() }).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_process_sets_counts_in_the_one_that_runs() {
    let mut desk = Desk::new(Policy::default(), sim("mine")).await;
    desk.outbox.keep_policy(within_budget()).await.unwrap();
    desk.outbox = keeping(&desk).await;
    desk.outbox.set_link(sim("mine"));
    assert_eq!(desk.outbox.policy(), within_budget());
    let other = keeping(&desk).await;
    other.set_link(sim("mine"));
    let id = desk.photo(1, 1_500_000).await;
    let running = desk.slow_run().await;
    until_waits(&desk.outbox, id, &WaitReason::NoBudget).await;
    other.set_budget(budget("data", 5_000_000)).await.unwrap();
    until(&desk.outbox, id, |s| *s == AssetState::Sending).await;
    other.keep_policy(Policy::default()).await.unwrap();
    until_waits(&desk.outbox, id, &WaitReason::LinkCosts).await;
    assert_eq!(desk.outbox.policy(), Policy::default());
    other.mark_network("mine", Some(Mark::Free)).await.unwrap();
    until(&desk.outbox, id, |s| *s == AssetState::Sending).await;
    other.mark_network("mine", None).await.unwrap();
    until_waits(&desk.outbox, id, &WaitReason::LinkCosts).await;
    let grant = other.grant(vec![id], 3_000_000, Duration::from_secs(600)).await.unwrap();
    until(&desk.outbox, id, |s| *s == AssetState::Sending).await;
    other.end_grant(grant).await.unwrap();
    until_waits(&desk.outbox, id, &WaitReason::LinkCosts).await;
    running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_the_database_lost_a_budget_is_taken_for_spent() {
    let mut desk = Desk::new(Policy::default(), sim("mine")).await;
    desk.outbox.keep_policy(within_budget()).await.unwrap();
    desk.outbox.set_budget(budget("data", 100_000)).await.unwrap();
    desk.outbox.set_budget(budget("data", 200_000)).await.unwrap();
    desk.outbox.set_budget(budget("gone", 100_000)).await.unwrap();
    desk.outbox.remove_budget("gone").await.unwrap();
    desk.outbox.mark_network("hotel", Some(Mark::Metered)).await.unwrap();
    desk.outbox.mark_network("laptop", Some(Mark::Free)).await.unwrap();
    desk.outbox.mark_network("laptop", None).await.unwrap();
    desk.photos(3, 50_000).await;
    drop(std::mem::replace(&mut desk.outbox, Desk::new(Policy::default(), sim("x")).await.outbox));
    lose_database(&desk.place.folder);
    desk.outbox = keeping(&desk).await;
    desk.outbox.set_link(sim("mine"));
    assert_eq!((desk.outbox.recovered().0, desk.outbox.policy()), (3, within_budget()));
    assert_eq!(desk.outbox.network_marks().await.unwrap(), [("hotel".to_owned(), Mark::Metered)]);
    let budgets = desk.outbox.budgets().await.unwrap();
    assert_eq!(budgets.len(), 1, "{budgets:?}");
    assert_eq!((budgets[0].view.budget.clone(), budgets[0].view.left), (budget("data", 200_000), 0));
    assert_eq!((desk.delivered().await, desk.tus.connections()), (0, 0));
    let first = all(&desk.outbox).await[0].id;
    assert!(matches!(desk.why(first).await, WaitReason::BudgetSpent { at_utc_ms: Some(_), .. }));
    desk.outbox.set_link(wifi("home"));
    assert_eq!(desk.delivered().await, 3);
}

/// An `add` that was killed between journal and database makes the next opening tell the whole journal again: budgets that
/// were changed since the first time lose nothing by it.
#[tokio::test(flavor = "multi_thread")]
async fn a_journal_that_is_told_again_takes_nothing_from_a_budget() {
    let desk = Desk::new(within_budget(), sim("mine")).await;
    desk.outbox.set_budget(budget("data", 100_000)).await.unwrap();
    desk.outbox.set_budget(budget("data", 900_000)).await.unwrap();
    desk.outbox.set_budget(budget("other", 900_000)).await.unwrap();
    desk.outbox.remove_budget("other").await.unwrap();
    desk.outbox.set_budget(budget("other", 900_000)).await.unwrap();
    desk.photos(2, 50_000).await;
    assert_eq!(desk.delivered().await, 2);
    let before = desk.outbox.budgets().await.unwrap();
    let Desk { place, outbox, tus: _tus, link: _link } = desk;
    drop(outbox);
    // As after such a kill: the database does not know how long the journal is.
    let open = fs::File::options().write(true).open(place.folder.join("open.lock")).unwrap();
    open.lock().unwrap();
    let db = Connection::open(place.folder.join("outbox.db")).unwrap();
    assert_eq!(db.execute("UPDATE meta SET value = value - 1 WHERE key = 'journal'", []).unwrap(), 1);
    drop(db);
    open.unlock().unwrap();
    let outbox = Outbox::open(Config { policy: Some(within_budget()), ..place.patient() }).await.unwrap();
    let left = |states: &[satchel::money::BudgetState]| states.iter().map(|s| s.view.left).collect::<Vec<_>>();
    assert_eq!(left(&outbox.budgets().await.unwrap()), left(&before));
}

/// Makes a database of the first version of what stands in this one.
fn as_first_light(folder: &Path) {
    let (now, before) = (folder.join("outbox.db"), folder.join("first_light.db"));
    let db = Connection::open(&before).unwrap();
    db.execute_batch(FIRST_LIGHT).unwrap();
    db.pragma_update(None, "user_version", 1).unwrap();
    db.execute("ATTACH ?1 AS later", [now.to_str().unwrap()]).unwrap();
    let names = |sql: &str| -> Vec<String> {
        let mut query = db.prepare(sql).unwrap();
        query.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    for table in names(
        "SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name NOT LIKE '%tally'",
    ) {
        let columns = names(&format!("SELECT name FROM pragma_table_info('{table}', 'main')")).join(", ");
        db.execute(&format!("INSERT INTO main.{table} ({columns}) SELECT {columns} FROM later.{table}"), []).unwrap();
    }
    drop(db);
    for suffix in ["", "-wal", "-shm"] {
        let _ = fs::remove_file(folder.join(format!("outbox.db{suffix}")));
    }
    fs::rename(before, now).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outbox_of_before_budgets_opens_and_counts_right() {
    let desk = Desk::new(Policy::default(), wifi("home")).await;
    desk.photos(2, 40_000).await;
    let film = desk.place.photos.join("film.mp4");
    fs::write(&film, super::super::world::noise(30_000, 50)).unwrap();
    add(&desk.outbox, &film).await;
    assert_eq!(desk.delivered().await, 3);
    let half = desk.photo(10, 1_200_000).await;
    let running = desk.slow_run().await;
    super::super::world::within(desk.tus.until(|seen| seen.iter().any(|s| s.method == "PATCH" && s.body > 0))).await;
    desk.wait_for(200_000).await;
    desk.link.cut();
    // What is there is known once the server was asked for it.
    super::super::world::within(desk.tus.until(|seen| seen.iter().any(|s| s.method == "HEAD"))).await;
    desk.wait_for(20_000).await;
    running.end().await;
    desk.link.set(satchel_testkit::link::Conditions::open());
    desk.outbox.set_link(Link::none());
    desk.outbox.try_now().await.unwrap();
    let urgent = AddOptions { urgent: true, ..AddOptions::default() };
    let quick = desk.place.photo("quick.jpg", 20_000, 77);
    desk.outbox.add(&quick.path, &urgent).await.unwrap();
    desk.photo(11, 25_000).await;
    // Read, and waiting for a link.
    run(&desk.outbox).await;
    let (counts, views) = (desk.outbox.counts().await.unwrap(), all(&desk.outbox).await);
    let price = desk.outbox.price(satchel::money::Selection::All).await.unwrap();
    assert_eq!((counts.delivered, counts.open), (3, 3));
    let (ledger, spent) = (desk.outbox.ledger().await.unwrap(), cost(&desk.outbox, "unmetered").await);
    let Desk { place, outbox, tus, link } = desk;
    drop(outbox);
    let open = fs::File::options().write(true).open(place.folder.join("open.lock")).unwrap();
    open.lock().unwrap();
    as_first_light(&place.folder);
    drop(open);
    let outbox = Outbox::open(Config { policy: Some(Policy::default()), ..place.patient() }).await.unwrap();
    assert_eq!((outbox.counts().await.unwrap(), outbox.ledger().await.unwrap()), (counts, ledger));
    assert_eq!(outbox.price(satchel::money::Selection::All).await.unwrap(), price);
    let again = all(&outbox).await;
    assert_eq!(again.len(), views.len());
    for (again, view) in again.iter().zip(&views) {
        assert_eq!(
            (again.id, again.kind, again.urgent, again.acknowledged),
            (view.id, view.kind, view.urgent, view.acknowledged)
        );
    }
    assert!(outbox.asset(half).await.unwrap().acknowledged > 0, "it had begun before: {}", link.stats());
    outbox.set_link(wifi("home"));
    assert_eq!(run_out(&outbox).await.counts.delivered, 6);
    assert_eq!(tus.completed().len(), 6);
    assert!(cost(&outbox, "unmetered").await > spent && carried(&outbox, "metered").await == 0);
}
