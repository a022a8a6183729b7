//! The Python programs that the project uses: the local AWS, the AWS command line, the cross-compiler, and the
//! libraries that analysts read an export with.
//!
//! They are pinned with hashes in `requirements.txt` and installed into a virtual environment under `target/`, when first
//! needed and again when the pins change. The programs that check the template have an environment of their own
//! (`requirements-checks.txt`), because they need other versions of the same packages.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    command, debian,
    error::{Error, Result, at},
    workspace::{output_dir, root},
};

/// The oldest Python that the pinned packages support.
const MINIMUM_PYTHON: (u32, u32) = (3, 11);

/// The programs of the virtual environment.
#[derive(Debug, Clone)]
pub(crate) struct Python {
    bin: PathBuf,
}

impl Python {
    /// Returns the environment of `requirements.txt`, after setting it up if necessary.
    ///
    /// # Errors
    /// - `Missing`: Python or its `venv` is missing; the message says what to install.
    /// - `Failed`: a package cannot be installed.
    pub(crate) fn set_up() -> Result<Self> {
        Self::set_up_in("python", "requirements.txt")
    }

    /// Returns the environment of the programs that check the template.
    ///
    /// # Errors
    /// Those of [`Python::set_up`].
    pub(crate) fn set_up_for_checks() -> Result<Self> {
        Self::set_up_in("python-checks", "requirements-checks.txt")
    }

    fn set_up_in(folder: &str, requirements: &str) -> Result<Self> {
        let requirements = root().join("infra/xtask").join(requirements);
        let pins = fs::read_to_string(&requirements).map_err(at(&requirements))?;
        let dir = output_dir().join(folder);
        let installed = dir.join("installed.txt");
        let this = Self {
            bin: dir.join("bin"),
        };

        fs::create_dir_all(output_dir()).map_err(at(&output_dir()))?;
        // Two concurrent commands set it up once.
        let lock_path = output_dir().join(format!("{folder}.lock"));
        let lock = File::create(&lock_path).map_err(at(&lock_path))?;
        lock.lock().map_err(at(&lock_path))?;

        // This file is written last, so that an interrupted set-up starts again.
        if fs::read_to_string(&installed).is_ok_and(|old| old == pins) {
            return Ok(this);
        }
        eprintln!("Setting up the Python programs in {} ...", dir.display());
        if dir.exists() {
            fs::remove_dir_all(&dir).map_err(at(&dir))?;
        }
        create_environment(&find_python()?, &dir)?;
        command::run(
            Command::new(this.program("python"))
                .args([
                    "-m",
                    "pip",
                    "install",
                    "--quiet",
                    "--disable-pip-version-check",
                ])
                .args(["--no-input", "--require-hashes", "--requirement"])
                .arg(&requirements),
        )?;
        fs::write(&installed, pins).map_err(at(&installed))?;
        Ok(this)
    }

    /// Returns the path of a program of the environment.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.bin.join(name)
    }

    /// Returns the search path with the environment's programs first, for programs that start others (zig).
    pub(crate) fn search_path(&self) -> std::ffi::OsString {
        let rest = std::env::var_os("PATH").unwrap_or_default();
        let mut all = vec![self.bin.clone()];
        all.extend(std::env::split_paths(&rest));
        std::env::join_paths(all).unwrap_or(rest)
    }
}

/// Returns the interpreter of the environment, after setting it up if necessary.
///
/// # Errors
/// - `Missing`: Python or its `venv` is missing; the message says what to install.
/// - `Failed`: a package cannot be installed.
pub fn python_interpreter() -> Result<PathBuf> {
    Python::set_up().map(|python| python.program("python"))
}

fn find_python() -> Result<String> {
    let (major, minor) = MINIMUM_PYTHON;
    let check = format!("import sys; sys.exit(sys.version_info < ({major}, {minor}))");
    for name in [
        "python3",
        "python3.14",
        "python3.13",
        "python3.12",
        "python3.11",
    ] {
        if Command::new(name)
            .args(["-c", &check])
            .status()
            .is_ok_and(|s| s.success())
        {
            return Ok(name.to_owned());
        }
    }
    Err(Error::Missing(format!(
        "Python {major}.{minor} or newer is needed for the local AWS, the AWS command line and the libraries of analysts. \
         Install it (Debian: `apt-get install python3 python3-venv`)."
    )))
}

fn create_environment(python: &str, dir: &Path) -> Result<()> {
    let create = || command::read(Command::new(python).args(["-m", "venv"]).arg(dir));
    let Err(first) = create() else { return Ok(()) };
    // Debian has `venv` in a package of its own.
    if !debian::install("python3-venv") {
        return Err(Error::Missing(format!(
            "{first}\nPython's `venv` is needed. Install it (Debian: `apt-get install python3-venv`) and try again."
        )));
    }
    create().map(|_| ())
}
