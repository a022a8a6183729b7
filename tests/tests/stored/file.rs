//! The golden files, and the only way in which they change.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// A golden file and what it says.
pub struct Golden {
    pub path: PathBuf,
    pub content: Value,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("golden")
}

pub fn path(name: &str) -> PathBuf {
    folder().join(name)
}

impl Golden {
    pub fn read(path: PathBuf) -> Self {
        let text = fs::read_to_string(&path).unwrap();
        let content = serde_json::from_str(&text)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Golden { path, content }
    }

    /// Those of a folder, by name.
    pub fn all(name: &str) -> Vec<Golden> {
        let mut paths: Vec<PathBuf> = fs::read_dir(path(name))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        paths.sort();
        assert!(!paths.is_empty(), "{name} is empty");
        paths.into_iter().map(Golden::read).collect()
    }

    pub fn name(&self) -> String {
        let name = self.path.strip_prefix(folder()).unwrap();
        name.display().to_string()
    }

    /// Holds what was found now against the member of the file.
    pub fn check(&mut self, member: &str, found: Option<Value>) {
        let expected = self.content.get(member);
        if expected == found.as_ref() {
            return;
        }
        if std::env::var("LEDGERBELL_GOLDEN").is_ok_and(|how| how == "write") {
            let content = self.content.as_object_mut().unwrap();
            match found {
                Some(found) => content.insert(member.to_owned(), found),
                None => content.remove(member),
            };
            let mut text = String::new();
            write(&self.content, 0, &mut text);
            fs::write(&self.path, text + "\n").unwrap();
            return;
        }
        let text = |value: Option<&Value>| {
            value.map_or_else(
                || "nothing".to_owned(),
                |value| serde_json::to_string_pretty(value).unwrap(),
            )
        };
        panic!(
            "{}: {member} is not what it was\nexpected: {}\nfound: {}",
            self.name(),
            text(expected),
            text(found.as_ref())
        );
    }
}

/// Longest value that stands in one line.
const LINE: usize = 100;

/// JSON with a line for what has its place in one.
fn write(value: &Value, depth: usize, text: &mut String) {
    let line = value.to_string();
    let (open, members, close) = match value {
        Value::Array(values) if line.len() > LINE || depth == 0 => {
            let members = values.iter().map(|value| (String::new(), value));
            ('[', members.collect(), ']')
        }
        Value::Object(fields) if line.len() > LINE || depth == 0 => {
            let name = |name: &String| format!("{}: ", Value::from(name.as_str()));
            let members = fields.iter().map(|(field, value)| (name(field), value));
            ('{', members.collect::<Vec<_>>(), '}')
        }
        _ => return text.push_str(&line),
    };
    text.push(open);
    for (number, (name, member)) in members.iter().enumerate() {
        text.push_str(if number == 0 { "\n" } else { ",\n" });
        text.push_str(&"  ".repeat(depth + 1));
        text.push_str(name);
        write(member, depth + 1, text);
    }
    text.push('\n');
    text.push_str(&"  ".repeat(depth));
    text.push(close);
}
