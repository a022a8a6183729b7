//! `ledgerbell preview`.

mod browser;
mod event;
mod screen;
mod sheet;
mod subject;

use std::path::PathBuf;

use clap::Args;
use mail::Locale;
use serde_json::json;

use crate::exit::{End, Failure};
use crate::flags::{Output, without_csv};
use crate::output;
use browser::Browser;
use screen::Screen;
use sheet::{Sheet, Written};
use subject::Subject;

/// Write a mail as its reader would see it: text, HTML and a picture
///
/// It only renders, and sends nothing. The picture needs Chromium;
/// LEDGERBELL_CHROMIUM names a program other than the usual ones.
#[derive(Debug, Clone, Args)]
#[command(verbatim_doc_comment, mut_arg("output", without_csv))]
pub(crate) struct PreviewOptions {
    /// A kind of notification, such as deposit or statement, or digest
    #[arg(value_name = "KIND", required_unless_present = "all", value_parser = subject::parser())]
    subject: Option<Subject>,

    /// Every mail in every language, and in each language one with hidden
    /// amounts, one on a dark screen and one on a phone
    #[arg(long, conflicts_with_all = ["subject", "locale", "event", "hide_amounts", "dark", "phone"])]
    all: bool,

    /// The language
    #[arg(long, value_name = "TAG", default_value = "en")]
    locale: Locale,

    /// A bus event as JSON, like those
    /// of docs/events/examples; by default a built-in example
    #[arg(long, value_name = "FILE")]
    event: Option<PathBuf>,

    /// Where to write
    #[arg(long, value_name = "DIR", default_value = "previews")]
    out: PathBuf,

    /// Render for a customer who wants no amounts in mails
    #[arg(long)]
    hide_amounts: bool,

    /// Render the picture in dark mode
    #[arg(long)]
    dark: bool,

    /// Render the picture as on a phone
    #[arg(long)]
    phone: bool,

    /// With --all, keep only the pictures; fails if one cannot be made
    #[arg(long, requires = "all", conflicts_with = "subject")]
    pictures_only: bool,

    #[command(flatten)]
    output: Output,
}

pub(crate) fn run(options: &PreviewOptions) -> Result<End, Failure> {
    let browser = Browser::find();
    let Some(subject) = options.subject else {
        return all(options, browser);
    };
    let event = options.event.as_deref().map(event::read).transpose()?;
    let sheet = Sheet {
        subject,
        locale: options.locale,
        hide_amounts: options.hide_amounts,
        screen: Screen {
            dark: options.dark,
            phone: options.phone,
        },
    };
    let mut written = sheet.write(&options.out, event.as_ref())?;
    match browser.and_then(|browser| sheet.draw(&options.out, &browser)) {
        Ok(picture) => written.files.push(("picture", picture)),
        // The mail itself was requested and is complete.
        Err(reason) => output::complain(format!("no picture: {reason}")),
    }
    if options.output.json() {
        output::json(&written.document());
    } else {
        print(&written);
    }
    Ok(End::Done)
}

fn all(options: &PreviewOptions, browser: Result<Browser, String>) -> Result<End, Failure> {
    let mut documents = Vec::new();
    if let Err(reason) = &browser {
        let reason = format!("no pictures: {reason}");
        if options.pictures_only {
            return Err(Failure::Failed(reason));
        }
        output::complain(reason);
    }
    for sheet in Sheet::all() {
        let written = match &browser {
            Ok(browser) if options.pictures_only => sheet.write_picture(&options.out, browser)?,
            Ok(browser) => {
                let mut written = sheet.write(&options.out, None)?;
                match sheet.draw(&options.out, browser) {
                    Ok(picture) => written.files.push(("picture", picture)),
                    Err(reason) => output::complain(format!("no picture: {reason}")),
                }
                written
            }
            Err(_) => sheet.write(&options.out, None)?,
        };
        if options.output.json() {
            documents.push(written.document());
        } else {
            print(&written);
        }
    }
    if options.output.json() {
        output::json(&json!({ "mails": documents }));
    }
    Ok(End::Done)
}

fn print(written: &Written) {
    output::line(format!("{:<10} {}", "subject", written.mail.subject));
    output::line(format!("{:<10} {}", "template", written.mail.template));
    for (what, path) in &written.files {
        output::line(format!("{what:<10} {}", path.display()));
    }
}
