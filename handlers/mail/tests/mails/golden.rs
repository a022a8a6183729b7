//! Every mail, byte for byte. `UPDATE_GOLDEN=1 cargo test -p mail` rewrites the files; read the difference before keeping it.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use crate::notices::{every_template, full, minimal};
use mail::{Notice, render};

/// Each template, filled to the brim and with no more than it needs.
fn samples() -> Vec<(String, Notice)> {
    every_template()
        .flat_map(|(kind, locale)| {
            [
                (format!("{kind}.{locale}"), full(kind, locale)),
                (format!("{kind}.{locale}.minimal"), minimal(kind, locale)),
            ]
        })
        .collect()
}

#[test]
fn every_mail_is_as_it_was_approved() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden");
    let update = std::env::var_os("UPDATE_GOLDEN").is_some();
    let mut differing = Vec::new();
    for (name, notice) in samples() {
        let mail = render(&notice).unwrap();
        for (part, content) in [
            ("subject.txt", mail.subject + "\n"),
            ("txt", mail.text),
            ("html", mail.html),
        ] {
            let file = folder.join(format!("{name}.{part}"));
            if update {
                fs::create_dir_all(&folder).unwrap();
                fs::write(&file, content).unwrap();
            } else if fs::read_to_string(&file).ok().as_ref() != Some(&content) {
                differing.push(file);
            }
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
    let names: Vec<String> = samples().into_iter().map(|(name, _)| name).collect();
    for entry in fs::read_dir(folder).unwrap() {
        let file = entry.unwrap().file_name().into_string().unwrap();
        let known = names.iter().any(|name| {
            ["subject.txt", "txt", "html"]
                .iter()
                .any(|part| file == format!("{name}.{part}"))
        });
        assert!(
            known || file == "versions.txt",
            "{file} belongs to no template"
        );
    }
}

/// Writes `target/previews/index.html`: all mails on one page, for people.
#[test]
fn every_mail_can_be_previewed() {
    let folder = previews_folder();
    fs::create_dir_all(&folder).unwrap();
    let mut list = String::new();
    for (name, notice) in samples() {
        let mail = render(&notice).unwrap();
        fs::write(folder.join(format!("{name}.html")), &mail.html).unwrap();
        fs::write(folder.join(format!("{name}.txt")), &mail.text).unwrap();
        writeln!(
            list,
            "<section><h2>{name}</h2><p>{subject}</p><p><a href=\"{name}.html\">html</a> <a href=\"{name}.txt\">text</a></p>\
             <iframe src=\"{name}.html\" title=\"{name}\" loading=\"lazy\"></iframe></section>",
            subject = mail.subject,
        )
        .unwrap();
    }
    let index = format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>All mails</title>\n<style>:root{{color-scheme:light dark}}body{{font:16px/1.4 sans-serif;margin:2rem}}\
         main{{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(40rem,100%),1fr));gap:2rem}}\
         iframe{{width:100%;height:56rem;border:1px solid #888}}</style>\n<h1>All mails</h1>\n<main>\n{list}</main></html>\n"
    );
    fs::write(folder.join("index.html"), &index).unwrap();
    for (name, _) in samples() {
        assert!(index.contains(&format!("href=\"{name}.html\"")));
    }
}

/// `previews` in the target folder, wherever that is: `CARGO_TARGET_TMPDIR` is `tmp` in it.
fn previews_folder() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR"))
        .parent()
        .unwrap()
        .join("previews")
}
