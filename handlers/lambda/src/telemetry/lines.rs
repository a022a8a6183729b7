//! One flat line of JSON for each event: its own fields, those of the spans around it, and the description of its metrics.

use std::fmt;
use std::io::Write;
use std::time::SystemTime;

use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::LookupSpan;

use super::emf;

/// A layer of `tracing` that writes each event as a line of JSON to its writer.
///
/// Lines have no time except in their metrics, because CloudWatch adds one to each.
#[derive(Debug)]
pub struct Lines<W> {
    writer: W,
    stack: String,
}

impl<W> Lines<W> {
    /// Returns a layer that writes to `writer`. The metrics have `stack` as a dimension; if it is empty, there are none.
    pub fn new(writer: W, stack: String) -> Self {
        Lines { writer, stack }
    }
}

/// The fields of a span or line.
struct Fields(Map<String, Value>);

impl<S, W> Layer<S> for Lines<W>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'a> MakeWriter<'a> + 'static,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = Fields(Map::new());
        attributes.record(&mut fields);
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<Fields>()
        {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let metadata = event.metadata();
        let mut line = Fields(Map::new());
        let text = |text: &str| Value::String(text.to_owned());
        line.0
            .insert("level".to_owned(), text(metadata.level().as_str()));
        line.0.insert("target".to_owned(), text(metadata.target()));
        for span in context
            .event_scope(event)
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .into_iter()
            .rev()
        {
            if let Some(Fields(fields)) = span.extensions().get::<Fields>() {
                line.0.extend(fields.clone());
            }
        }
        event.record(&mut line);
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let now = u64::try_from(now.unwrap_or_default().as_millis()).unwrap_or(u64::MAX);
        emf::embed(&mut line.0, &self.stack, now);
        let mut bytes = Value::Object(line.0).to_string().into_bytes();
        bytes.push(b'\n');
        // There is nowhere to report that the log cannot be written.
        let _ = self.writer.make_writer().write_all(&bytes);
    }
}

impl Fields {
    fn put(&mut self, field: &Field, value: impl Into<Value>) {
        self.0.insert(field.name().to_owned(), value.into());
    }
}

impl Visit for Fields {
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, format!("{value:?}"));
    }
}
