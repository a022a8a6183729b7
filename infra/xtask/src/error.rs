use std::path::PathBuf;

/// What can go wrong in a command, said so that the reader knows what to do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A program could not be started at all.
    #[error("cannot run `{program}`: {source}")]
    Start {
        /// The program's name.
        program: String,
        /// Why the system did not start it.
        source: std::io::Error,
    },
    /// A program ran and failed.
    #[error("`{command}` failed ({status}){output}")]
    Failed {
        /// The command line.
        command: String,
        /// Its exit status.
        status: String,
        /// What it said, on a line of its own; empty where it wrote to the terminal itself.
        output: String,
    },
    /// A file or folder could not be read or written.
    #[error("{path}: {source}")]
    File {
        /// Which one.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The machine lacks something.
    #[error("{0}")]
    Missing(String),
    /// The template is not as the local deploy expects it.
    #[error("template: {0}")]
    Template(String),
    /// Something cannot be measured, or what was measured makes no sense.
    #[error("bench: {0}")]
    Bench(String),
    /// The local AWS did not come up, or said something unexpected.
    #[error("local AWS: {0}")]
    LocalAws(String),
    /// A zip file could not be written.
    #[error("zip: {0}")]
    Zip(#[from] zip::result::ZipError),
}

/// A result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// For `map_err`: names the path that an I/O error is about.
pub(crate) fn at(path: &std::path::Path) -> impl FnOnce(std::io::Error) -> Error + '_ {
    move |source| Error::File {
        path: path.to_owned(),
        source,
    }
}
