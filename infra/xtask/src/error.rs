use std::path::PathBuf;

/// The error of a command. Its message says what to do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A program could not be started.
    #[error("cannot run `{program}`: {source}")]
    Start {
        /// The program's name.
        program: String,
        /// The operating system's reason.
        source: std::io::Error,
    },
    /// A program ran and failed.
    #[error("`{command}` failed ({status}){output}")]
    Failed {
        /// The command line.
        command: String,
        /// Its exit status.
        status: String,
        /// Its output, beginning with a line break; empty if it wrote to the terminal itself.
        output: String,
    },
    /// A file or folder could not be read or written.
    #[error("{path}: {source}")]
    File {
        /// The file or folder.
        path: PathBuf,
        /// The operating system's reason.
        source: std::io::Error,
    },
    /// The machine lacks something.
    #[error("{0}")]
    Missing(String),
    /// The template differs from the expectations of the local deploy.
    #[error("template: {0}")]
    Template(String),
    /// A measurement failed or makes no sense.
    #[error("bench: {0}")]
    Bench(String),
    /// The local AWS did not start, or answered unexpectedly.
    #[error("local AWS: {0}")]
    LocalAws(String),
    /// A zip file could not be written.
    #[error("zip: {0}")]
    Zip(#[from] zip::result::ZipError),
}

/// The result of this crate's functions.
pub type Result<T> = std::result::Result<T, Error>;

/// Returns a function for `map_err` that adds the path to an I/O error.
pub(crate) fn at(path: &std::path::Path) -> impl FnOnce(std::io::Error) -> Error + '_ {
    move |source| Error::File {
        path: path.to_owned(),
        source,
    }
}
