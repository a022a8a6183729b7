//! The lists of the API, page by page.

use std::collections::VecDeque;

use serde_json::Value;

use super::{Client, Result};

/// Rows in one request at most: the largest page of the API.
pub(crate) const MAX_PAGE: u64 = 1000;

/// The rows of a list, read when they are asked for.
pub(crate) struct Rows<'a> {
    client: &'a Client,
    path: String,
    /// The member of the answer that has the rows.
    member: &'static str,
    query: Vec<(&'static str, String)>,
    page: u64,
    /// The rows that may still be read.
    left: Option<u64>,
    /// The cursor of the next page; `None` before the first.
    cursor: Option<String>,
    ended: bool,
    buffer: VecDeque<Value>,
}

impl<'a> Rows<'a> {
    pub(crate) fn new(client: &'a Client, path: &str, member: &'static str) -> Self {
        Rows {
            client,
            path: path.to_owned(),
            member,
            query: Vec::new(),
            page: MAX_PAGE,
            left: None,
            cursor: None,
            ended: false,
            buffer: VecDeque::new(),
        }
    }

    pub(crate) fn query(mut self, query: impl IntoIterator<Item = (&'static str, String)>) -> Self {
        self.query.extend(query);
        self
    }

    /// Reads at most this many rows.
    pub(crate) fn limit(mut self, limit: Option<u64>) -> Self {
        self.left = limit;
        self
    }

    /// Reads this many rows in one request.
    pub(crate) fn page_size(mut self, page: u64) -> Self {
        self.page = page;
        self
    }

    /// Returns the next page, which may be empty, or `None` at the end.
    pub(crate) fn page(&mut self) -> Result<Option<Vec<Value>>> {
        if self.ended {
            return Ok(None);
        }
        let limit = self.left.unwrap_or(self.page).min(self.page).to_string();
        let mut query: Vec<(&str, &str)> = (self.query.iter())
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        query.push(("limit", &limit));
        query.extend(self.cursor.as_deref().map(|cursor| ("cursor", cursor)));
        let mut answer = self.client.get(&self.path, &query)?;
        let rows = match answer[self.member].take() {
            Value::Array(rows) => rows,
            _ => Vec::new(),
        };
        self.left = (self.left).map(|left| left.saturating_sub(rows.len() as u64));
        self.cursor = answer["next"].as_str().map(str::to_owned);
        self.ended = self.cursor.is_none() || self.left == Some(0);
        Ok(Some(rows))
    }

    /// Returns all rows.
    pub(crate) fn all(mut self) -> Result<Vec<Value>> {
        let mut all = Vec::new();
        while let Some(page) = self.page()? {
            all.extend(page);
        }
        Ok(all)
    }
}

impl Iterator for Rows<'_> {
    type Item = Result<Value>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.buffer.is_empty() {
            match self.page() {
                Ok(page) => self.buffer.extend(page?),
                Err(error) => {
                    self.ended = true;
                    return Some(Err(error));
                }
            }
        }
        self.buffer.pop_front().map(Ok)
    }
}
