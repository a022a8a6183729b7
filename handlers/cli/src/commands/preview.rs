//! `ledgerbell preview`.

mod browser;
mod event;
mod subject;

use std::path::{Path, PathBuf};

use clap::Args;
use domain::DomainEvent;
use mail::{Attachment, Locale, Rendered};
use serde_json::json;

use crate::exit::{End, Failure};
use crate::output;
use browser::{Browser, Scheme};
use subject::Subject;

/// Write a mail as its reader would see it: text, html and a picture
///
/// It only renders, and sends nothing. The picture is made with Chromium, where
/// there is one; LEDGERBELL_CHROMIUM names another program than the usual ones.
#[derive(Debug, Clone, Args)]
#[command(verbatim_doc_comment)]
pub struct PreviewOptions {
    /// A kind of notification, like deposit or statement, or digest
    #[arg(value_name = "KIND")]
    subject: Subject,

    /// The language
    #[arg(long, value_name = "TAG", default_value = "en")]
    locale: Locale,

    /// A bus event as JSON, like those of docs/events/examples; a built-in
    /// example when left out
    #[arg(long, value_name = "FILE")]
    event: Option<PathBuf>,

    /// Where to write
    #[arg(long, value_name = "DIR", default_value = "previews")]
    out: PathBuf,

    /// As for a customer who wants no amounts in mails
    #[arg(long)]
    hide_amounts: bool,

    /// The picture as for a reader who prefers a dark screen
    #[arg(long)]
    dark: bool,

    /// One JSON document on stdout, for machines
    #[arg(long)]
    json: bool,
}

pub fn run(options: &PreviewOptions) -> Result<End, Failure> {
    let event = options.event.as_deref().map(event::read).transpose()?;
    let (mail, attachment) = made(options, event.as_ref())?;
    std::fs::create_dir_all(&options.out)
        .map_err(|error| failed(&options.out, "cannot be made", error))?;

    let name = format!("{}.{}", options.subject, options.locale);
    let mut files = Vec::new();
    for (ending, content) in [("txt", &mail.text), ("html", &mail.html)] {
        let path = options.out.join(format!("{name}.{ending}"));
        write(&path, content.as_bytes())?;
        files.push((ending, path));
    }
    if let Some(attachment) = attachment {
        // By its own name, as a customer gets it: ASCII letters, digits, `-` and `.`.
        let path = options.out.join(&attachment.name);
        write(&path, &attachment.bytes)?;
        files.push(("attachment", path));
    }
    let scheme = if options.dark {
        Scheme::Dark
    } else {
        Scheme::Light
    };
    let html = options.out.join(format!("{name}.html"));
    let picture = options.out.join(format!("{name}{}.png", scheme.suffix()));
    match Browser::find().and_then(|browser| browser.picture(&html, &picture, scheme)) {
        Ok(()) => files.push(("picture", picture)),
        // The mail is what was asked for, and it is there.
        Err(reason) => output::complain(format!("no picture: {reason}")),
    }
    tell(options, &mail, &files);
    Ok(End::Done)
}

fn made(
    options: &PreviewOptions,
    event: Option<&DomainEvent>,
) -> Result<(Rendered, Option<Attachment>), Failure> {
    let rendered = options
        .subject
        .render(options.locale, options.hide_amounts, event);
    rendered.map_err(|error| Failure::Failed(error.to_string()))
}

fn tell(options: &PreviewOptions, mail: &Rendered, files: &[(&str, PathBuf)]) {
    if options.json {
        let files: serde_json::Map<String, serde_json::Value> = files
            .iter()
            .map(|(what, path)| ((*what).to_owned(), json!(path)))
            .collect();
        output::json(&json!({
            "subject": mail.subject, "template": mail.template, "files": files,
        }));
        return;
    }
    output::line(format!("{:<10} {}", "subject", mail.subject));
    output::line(format!("{:<10} {}", "template", mail.template));
    for (what, path) in files {
        output::line(format!("{what:<10} {}", path.display()));
    }
}

fn write(path: &Path, content: &[u8]) -> Result<(), Failure> {
    std::fs::write(path, content).map_err(|error| failed(path, "cannot be written", error))
}

fn failed(path: &Path, what: &str, error: std::io::Error) -> Failure {
    Failure::Failed(format!("{} {what}: {error}", path.display()))
}
