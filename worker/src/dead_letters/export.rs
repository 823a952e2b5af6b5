//! Dead letters with their bodies as lines of JSON, the youngest first.
//!
//! A body that is text is exported as text, any other as base64: nothing of it is lost. One body is in
//! memory at a time, however many there are.

use std::collections::VecDeque;

use base64::{Engine, engine::general_purpose::STANDARD};
use deadpool_postgres::Pool;
use serde::Serialize;
use uuid::Uuid;

use super::{DeadLetterError, Filter, Letter, Page, page, with_body};

/// Dead letters looked up at a time.
const PAGE: i64 = 100;

/// An export on its way.
pub struct Export {
    pool: Pool,
    filter: Filter,
    after: Page,
    ids: VecDeque<Uuid>,
}

#[derive(Serialize)]
struct Exported<'a> {
    #[serde(flatten)]
    letter: &'a Letter,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body_base64: Option<String>,
}

impl Export {
    /// Of those that match.
    pub fn new(pool: Pool, filter: Filter) -> Self {
        Self {
            pool,
            filter,
            after: None,
            ids: VecDeque::new(),
        }
    }

    /// The next line, or none at the end.
    ///
    /// # Errors
    /// When Postgres does not answer.
    pub async fn next(&mut self) -> Result<Option<String>, DeadLetterError> {
        loop {
            let Some(id) = self.ids.pop_front() else {
                let found = page(&self.pool, &self.filter, self.after, PAGE).await?;
                let Some(last) = found.last() else {
                    return Ok(None);
                };
                self.after = Some((last.last_seen_at, last.id));
                self.ids = found.iter().map(|letter| letter.id).collect();
                continue;
            };
            match with_body(&self.pool, id).await {
                Ok((letter, body)) => return Ok(Some(line(&letter, &body)?)),
                // Its retention has ended in the meantime.
                Err(DeadLetterError::Unknown { .. }) => {}
                Err(error) => return Err(error),
            }
        }
    }
}

fn line(letter: &Letter, body: &[u8]) -> Result<String, serde_json::Error> {
    let text = std::str::from_utf8(body).ok();
    let line = serde_json::to_string(&Exported {
        letter,
        body: text,
        body_base64: text.is_none().then(|| STANDARD.encode(body)),
    })?;
    Ok(line + "\n")
}
