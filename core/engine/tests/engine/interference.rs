//! The interference lab with the real engine and the real receiver: whatever stands in between, nothing completes that is
//! not there, nothing is destroyed, nobody else hears a token or a photo, and the endpoint is called by its right name.
//!
//! The cases are the testkit's (`core/testkit/interference`). To play some alone: `INTERFERENCE="words of their names"`.

mod desk;
mod heard;
mod naming;
mod plain_pairing;

use std::sync::Arc;

use satchel_testkit::interfere::{Authorities, Case, Stage};
use tokio::task::JoinSet;

use desk::Desk;

/// So many at once: most of the time they wait for somebody's patience to end.
const AT_ONCE: usize = 24;
/// Of a hundred endpoints that are named, so many are to be named acceptably.
const RIGHT: usize = 99;

/// How a case went.
struct Played {
    name: String,
    control: bool,
    names: Vec<String>,
    /// What the endpoint was called: while it lasted, and for a control that ends by itself also then.
    called: Vec<String>,
}

impl Played {
    fn is_named_acceptably(&self) -> bool {
        self.called.iter().all(|called| self.names.contains(called))
    }
}

fn cases() -> Vec<Case> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../testkit/interference");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    let read = |file: &std::path::PathBuf| {
        let text = std::fs::read_to_string(file).unwrap();
        Case::read(&text).unwrap_or_else(|bad| panic!("{file:?}: {}", bad[0]))
    };
    files.iter().flat_map(read).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_stands_in_between_nothing_is_lost_or_told_and_it_is_called_by_its_name() {
    let only = std::env::var("INTERFERENCE").unwrap_or_default();
    let (mut played, mut failed, mut left_out) = (Vec::new(), Vec::new(), 0);
    let authorities = Arc::new(Authorities::new().unwrap());
    let mut waiting = cases().into_iter().filter(|case| case.name.contains(&only));
    let mut playing = JoinSet::new();
    loop {
        while playing.len() < AT_ONCE {
            let Some(case) = waiting.next() else { break };
            if case.at == Stage::Name && !naming::ADDRESSES {
                left_out += 1;
                continue;
            }
            let (name, case) = (case.name.clone(), tokio::spawn(play(case, authorities.clone())));
            playing.spawn(async move { case.await.map_err(|error| format!("{name:?}: {error}")) });
        }
        match playing.join_next().await {
            None => break,
            Some(one) => match one.unwrap() {
                Ok(one) => played.push(one),
                Err(error) => failed.push(error),
            },
        }
    }
    // Waits are short here, and a busy machine's own silence is met beside the others': what is misnamed is played again, alone.
    let misnamed: Vec<_> = played.extract_if(.., |one| !one.is_named_acceptably()).map(|one| one.name).collect();
    for case in cases().into_iter().filter(|case| misnamed.contains(&case.name)) {
        played.push(play(case, authorities.clone()).await);
    }
    let misnamed_at_first = misnamed.len();
    let judged: Vec<_> = played.iter().filter(|one| !one.called.is_empty()).collect();
    let misnamed: Vec<_> = judged.iter().filter(|one| !one.is_named_acceptably()).collect();
    for one in &misnamed {
        println!("misnamed: {:?}: got {}, acceptable {}", one.name, one.called.join(", "), one.names.join(", "));
    }
    let right = judged.len() - misnamed.len();
    let controls = played.iter().filter(|one| one.control).count();
    let alarms = misnamed.iter().filter(|one| one.control).count();
    let share = right as f64 * 100.0 / judged.len().max(1) as f64;
    println!(
        "{} cases: {right} named acceptably ({share:.1} %), {controls} controls, {alarms} false alarms; {} not judged, \
         {left_out} left out, {} played again alone",
        played.len() + failed.len(),
        played.len() - judged.len(),
        misnamed_at_first,
    );
    assert!(failed.is_empty(), "{} failed:\n{}", failed.len(), failed.join("\n"));
    assert!(right * 100 >= judged.len() * RIGHT, "too many are misnamed: see above");
    assert_eq!(alarms, 0, "false alarms: see above");
    let least = if only.is_empty() { 300 } else { 1 };
    assert!(played.len() >= least, "{} cases were played, and {least} are the least", played.len());
}

/// Plays one case to its end.
async fn play(case: Case, authorities: Arc<Authorities>) -> Played {
    let Case { name, control, names, .. } = case.clone();
    let desk = Desk::open(case, &authorities).await;
    desk.begin().await;
    let called = desk.suffer().await;
    desk.unharmed().await;
    desk.ends_well().await;
    Played { name, control, names, called }
}
