//! The neutral address of the lab: what a client looks at beside the service, to tell a block from a dead network.

use std::io;

use super::case::NeutralWord;
use super::listen::{self, Shut};
use crate::liar::{Answer, Liar, Reply, Rule};

/// A neutral address that does what a case says.
#[derive(Debug)]
pub struct Neutral {
    url: String,
    somebody: Option<Liar>,
    _nobody: Option<Shut>,
}

impl Neutral {
    /// Starts one on a free port of the loopback.
    ///
    /// # Errors
    /// Where no port can be had.
    pub async fn start(word: NeutralWord) -> io::Result<Self> {
        let answer = match word {
            NeutralWord::Works => Reply::status(204),
            NeutralWord::Portal => Reply::html(302, "<title>Welcome</title><p>Please sign in.")
                .header("Location", "http://portal.example/sign-in"),
            NeutralWord::Nothing => {
                let nobody = listen::refusing(listen::anywhere())?;
                let url = format!("http://{}/generate_204", nobody.address()?);
                return Ok(Self { url, somebody: None, _nobody: Some(nobody) });
            }
        };
        let somebody = Liar::start(vec![Rule::always(Answer::Reply(answer))]).await?;
        Ok(Self { url: format!("{}/generate_204", somebody.url()), somebody: Some(somebody), _nobody: None })
    }

    /// How often somebody came there; where nobody answers, nobody knows.
    pub fn asked(&self) -> u64 {
        self.somebody.as_ref().map_or(0, Liar::connections)
    }

    /// Its address.
    pub fn url(&self) -> &str {
        &self.url
    }
}
