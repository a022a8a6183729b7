//! Every mail, byte for byte. `UPDATE_GOLDEN=1 cargo test -p mail` rewrites the files; read the difference before keeping it.

use std::fs;
use std::path::Path;

use crate::notices::{
    Any, every_dated_mail, every_full_mail, every_hidden_mail, every_minimal_mail,
    every_shared_mail,
};

/// Each mail: filled to the brim, with no more than it needs, and with its amounts hidden.
fn samples() -> Vec<(String, Any)> {
    let named =
        |suffix: &'static str| move |(name, locale, any)| (format!("{name}.{locale}{suffix}"), any);
    every_full_mail()
        .into_iter()
        .map(named(""))
        .chain(every_shared_mail().into_iter().map(named("")))
        .chain(every_dated_mail().into_iter().map(named("")))
        .chain(every_minimal_mail().into_iter().map(named(".minimal")))
        .chain(every_hidden_mail().into_iter().map(named(".hidden")))
        .collect()
}

fn files() -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    for (name, any) in samples() {
        let (mail, attachment) = any.render_all();
        files.push((format!("{name}.subject.txt"), (mail.subject + "\n").into()));
        files.push((format!("{name}.txt"), mail.text.into()));
        files.push((format!("{name}.html"), mail.html.into()));
        if let Some(attachment) = attachment {
            files.push((format!("{name}.csv"), attachment.bytes));
        }
    }
    files
}

#[test]
fn every_mail_is_as_it_was_approved() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden");
    let update = std::env::var_os("UPDATE_GOLDEN").is_some();
    let mut differing = Vec::new();
    for (name, content) in files() {
        let file = folder.join(name);
        if update {
            fs::create_dir_all(&folder).unwrap();
            fs::write(&file, content).unwrap();
        } else if fs::read(&file).ok().as_ref() != Some(&content) {
            differing.push(file);
        }
    }
    assert!(
        differing.is_empty(),
        "not as approved (UPDATE_GOLDEN=1 rewrites): {differing:#?}"
    );
}

#[test]
fn no_approved_mail_is_left_of_a_template_that_is_gone() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden");
    let names: Vec<String> = files().into_iter().map(|(name, _)| name).collect();
    for entry in fs::read_dir(folder).unwrap() {
        let file = entry.unwrap().file_name().into_string().unwrap();
        assert!(
            names.contains(&file) || file == "versions.txt",
            "{file} belongs to no template"
        );
    }
}
