//! Which request gets which answer.

use super::answer::Answer;
use crate::talk::Head;

/// A rule: requests of a method, below a path, all or only some of them.
#[derive(Debug, Clone)]
pub struct Rule {
    method: Option<String>,
    path: String,
    first: u64,
    last: u64,
    met: u64,
    answer: Answer,
}

impl Rule {
    /// Every request gets this answer.
    pub fn always(answer: Answer) -> Self {
        Self { method: None, path: String::new(), first: 1, last: u64::MAX, met: 0, answer }
    }

    /// Only this method.
    #[must_use]
    pub fn method(self, method: &str) -> Self {
        Self { method: Some(method.to_owned()), ..self }
    }

    /// Only paths that begin so.
    #[must_use]
    pub fn path(self, prefix: &str) -> Self {
        Self { path: prefix.to_owned(), ..self }
    }

    /// Only the nth request that fits, counted from 1.
    #[must_use]
    pub fn nth(self, nth: u64) -> Self {
        Self { first: nth, last: nth, ..self }
    }

    /// Only the first so many requests that fit.
    #[must_use]
    pub fn times(self, times: u64) -> Self {
        Self { first: 1, last: times, ..self }
    }

    /// The answer, where the rule fits; a request that fits is counted.
    pub(super) fn fits(&mut self, head: &Head) -> Option<Answer> {
        let method = self.method.as_ref().is_none_or(|method| *method == head.method);
        if !method || !head.path.starts_with(&self.path) {
            return None;
        }
        self.met += 1;
        (self.first..=self.last).contains(&self.met).then(|| self.answer.clone())
    }
}
