//! `docs/explanation/mails.md`, which shows every mail to those who will not run anything.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::notices::every_full_mail;
use mail::Locale;

/// Pictures are looked at over slow lines too, and kept for ever: they are to be made small, as the page says.
const MAX_PICTURE_BYTES: u64 = 60_000;

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs")
}

/// Pictures of the page by file name, each with the words for those who do not see it.
fn shown() -> Vec<(String, String)> {
    let page = fs::read_to_string(docs().join("explanation/mails.md")).unwrap();
    let pictures = page.split("![").skip(1).map(|rest| {
        let (words, rest) = rest.split_once("](").unwrap();
        let (path, _) = rest.split_once(')').unwrap();
        let file = path.strip_prefix("../images/mails/").unwrap();
        (file.to_owned(), words.to_owned())
    });
    pictures.collect()
}

/// Width and height in pixels.
fn size(picture: &Path) -> (u32, u32) {
    let bytes = fs::read(picture).unwrap_or_else(|error| panic!("{}: {error}", picture.display()));
    assert!(
        bytes.starts_with(b"\x89PNG\r\n\x1a\n"),
        "{}",
        picture.display()
    );
    let number = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap());
    (number(16), number(20))
}

#[test]
fn every_mail_is_shown_in_every_language_as_a_picture_with_words() {
    let shown = shown();
    for (name, locale, _) in every_full_mail() {
        let file = format!("{name}.{locale}.png");
        let words = shown
            .iter()
            .find(|(shown, _)| *shown == file)
            .map(|(_, words)| words.trim());
        assert!(
            words.is_some_and(|words| words.len() > 10),
            "docs/explanation/mails.md does not show {file}: {words:?}"
        );
    }
    for locale in Locale::ALL {
        for way in ["hidden", "dark", "phone"] {
            let ending = format!(".{locale}.{way}.png");
            assert!(
                shown.iter().any(|(file, _)| file.ends_with(&ending)),
                "{ending}"
            );
        }
    }
}

#[test]
fn the_pictures_shown_are_those_there_are_each_once_small_and_as_wide_as_its_screen() {
    let folder = docs().join("images/mails");
    let mut shown: Vec<String> = shown().into_iter().map(|(file, _)| file).collect();
    shown.sort();
    let there: BTreeSet<String> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(shown, Vec::from_iter(there));
    for file in shown {
        let picture = folder.join(&file);
        let (width, height) = size(&picture);
        let expected = if file.ends_with(".phone.png") {
            390
        } else {
            640
        };
        assert_eq!(width, expected, "{file}");
        assert!(height > 500, "{file}");
        let bytes = fs::metadata(&picture).unwrap().len();
        assert!(bytes <= MAX_PICTURE_BYTES, "{file} has {bytes} bytes");
    }
}
