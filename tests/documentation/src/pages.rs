//! The project's Markdown pages.

use std::fs;
use std::path::{Path, PathBuf};

/// A page by its path from the root of the project.
pub struct Page {
    pub path: PathBuf,
    pub text: String,
}

pub fn root() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2);
    root.unwrap().to_owned()
}

pub fn read(path: &str) -> String {
    let file = root().join(path);
    fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// All pages, except in folders that are not the project's own: build output, hidden ones.
pub fn all() -> Vec<Page> {
    let mut pages = Vec::new();
    collect(&root(), &mut pages);
    pages.sort_by(|one, other| one.path.cmp(&other.path));
    assert!(pages.iter().any(|page| page.path == Path::new("README.md")));
    pages
}

fn collect(folder: &Path, pages: &mut Vec<Page>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() {
            if !name.starts_with('.') && name != "target" && name != "node_modules" {
                collect(&path, pages);
            }
        } else if name.ends_with(".md") {
            pages.push(Page {
                text: fs::read_to_string(&path).unwrap(),
                path: path.strip_prefix(root()).unwrap().to_owned(),
            });
        }
    }
}

impl Page {
    /// The lines outside of code blocks.
    pub fn prose(&self) -> impl Iterator<Item = &str> {
        let mut inside = false;
        self.text.lines().filter(move |line| {
            let fence = line.trim_start().starts_with("```");
            inside ^= fence;
            !inside && !fence
        })
    }

    /// The pieces of text between single backticks, also those that a line break divides.
    pub fn code(&self) -> Vec<String> {
        let prose: Vec<&str> = self.prose().collect();
        let mut found = Vec::new();
        for paragraph in prose.join("\n").split("\n\n") {
            let pieces = paragraph.split('`').skip(1).step_by(2);
            found
                .extend(pieces.map(|piece| piece.split_whitespace().collect::<Vec<_>>().join(" ")));
        }
        found
    }
}

/// Folders that list their pages themselves, or that alarms lead into.
const FOLDERS: [&str; 4] = ["adr/", "events/", "maintenance/", "runbooks/"];

#[test]
fn every_page_of_the_documentation_is_in_its_index() {
    let index = read("docs/README.md");
    for page in all() {
        let Ok(name) = page.path.strip_prefix("docs") else {
            continue;
        };
        let name = name.to_str().unwrap();
        let listed = index.contains(&format!("({name})"));
        let has_own_index = FOLDERS.iter().any(|folder| name.starts_with(folder));
        assert!(
            listed || has_own_index || name == "README.md",
            "docs/README.md does not link {name}"
        );
    }
}

#[test]
fn the_glossary_is_in_order_and_defines_each_term_once() {
    let text = read("docs/glossary.md");
    let terms: Vec<String> = text
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split(" |").next())
        .filter(|term| *term != "term")
        .map(str::to_lowercase)
        .collect();
    assert!(terms.len() > 10);
    for pair in terms.windows(2) {
        assert!(pair[0] < pair[1], "{} before {}", pair[0], pair[1]);
    }
}

#[test]
fn the_changelog_names_the_version_of_the_workspace() {
    let manifest = read("Cargo.toml");
    let version = manifest
        .lines()
        .find_map(|line| line.strip_prefix("version = \"")?.strip_suffix('"'))
        .unwrap();
    let changelog = read("CHANGELOG.md");
    let released = changelog.contains(&format!("## [{version}] - 20"));
    let coming = changelog.contains(&format!("will be {version}, the version in `Cargo.toml`"));
    assert!(released || coming, "CHANGELOG.md does not name {version}");
}
