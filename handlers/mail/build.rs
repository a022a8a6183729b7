//! Reads `templates/`, refuses everything that could fail when a mail is sent, and generates the registry of templates.
//!
//! A folder of `templates/` is a locale, and a folder of a locale is a mail. Nothing in `src/` names or counts locales.

#[path = "build/catalogue.rs"]
mod catalogue;
#[path = "build/check.rs"]
mod check;
#[path = "build/cities.rs"]
mod cities;
#[path = "build/compose.rs"]
mod compose;
#[path = "src/fact_names.rs"]
mod fact_names;
#[path = "build/registry.rs"]
mod registry;

use std::path::Path;

use catalogue::Catalogue;

fn main() {
    for input in ["build.rs", "build", "src/fact_names.rs", "templates"] {
        println!("cargo::rerun-if-changed={input}");
    }
    let folder = std::env::var("CARGO_MANIFEST_DIR").expect("cargo sets it");
    let out = std::env::var("OUT_DIR").expect("cargo sets it");

    let (catalogue, faults) = Catalogue::read(&Path::new(&folder).join("templates"));
    let composed = if faults.is_empty() {
        check::composed(&catalogue)
    } else {
        Err(faults)
    };
    let composed = composed.unwrap_or_else(|faults| {
        for fault in faults {
            println!("cargo::error=templates: {fault}");
        }
        std::process::exit(1);
    });
    let out = Path::new(&out);
    for (file, content) in [
        ("locales.rs", registry::locales(&catalogue)),
        ("cities.txt", cities::table(&catalogue)),
        ("templates.rs", registry::templates(&catalogue, &composed)),
    ] {
        std::fs::write(out.join(file), content).expect("cargo's own folder can be written");
    }
}
