//! The functions' zip files.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::Command,
};

use zip::{CompressionMethod, DateTime, ZipWriter, write::SimpleFileOptions};

use crate::{
    command,
    error::{Error, Result, at},
    python::Python,
    workspace::{cargo, cargo_target_dir, output_dir, root},
};

/// The functions. Each is a binary of the crate `lambda` and a zip that the template names.
pub const FUNCTIONS: [&str; 8] = [
    "api", "project", "notify", "feedback", "replay", "schedule", "rotate", "export",
];

/// The name of the program that Lambda's custom runtime starts.
const PROGRAM: &str = "bootstrap";

/// The version of the C library of `provided.al2023`. A program that was linked against a newer one, such as a build
/// machine's, does not start there.
const LAMBDA_GLIBC: &str = "2.34";

/// A processor of Lambda.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub enum Architecture {
    /// Graviton: the template's default.
    #[value(name = "arm64")]
    Arm64,
    /// Intel and AMD.
    #[value(name = "x86_64")]
    X86_64,
}

impl Architecture {
    /// Returns the processor of this machine, on which the local AWS runs the functions.
    ///
    /// # Errors
    /// - `Missing`: Lambda does not support this machine's processor.
    pub fn of_this_machine() -> Result<Self> {
        match std::env::consts::ARCH {
            "aarch64" => Ok(Self::Arm64),
            "x86_64" => Ok(Self::X86_64),
            other => Err(Error::Missing(format!(
                "Lambda does not support the processor {other}"
            ))),
        }
    }

    /// Returns its name in the template's parameter `Architecture`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Arm64 => "arm64",
            Self::X86_64 => "x86_64",
        }
    }

    fn target(self) -> &'static str {
        match self {
            Self::Arm64 => "aarch64-unknown-linux-gnu",
            Self::X86_64 => "x86_64-unknown-linux-gnu",
        }
    }

    fn is_this_machine(self) -> bool {
        std::env::consts::OS == "linux" && Self::of_this_machine().is_ok_and(|host| host == self)
    }
}

/// A build profile of the functions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Profile {
    /// For deployment: optimised, and cross-compiled for Amazon Linux 2023.
    Release,
    /// For the local AWS: quick to build, because it shares everything that the tests have compiled.
    Dev,
}

/// Builds the functions and writes `target/package/<name>.zip` for each. Returns the zips' paths.
///
/// The same binaries result in the same zips, byte for byte.
///
/// # Errors
/// - `Failed`: the build failed.
/// - `Missing`: a tool cannot be installed, or the profile does not fit the processor.
/// - `File`, `Zip`: a file cannot be written.
pub fn package(architecture: Architecture, profile: Profile) -> Result<Vec<PathBuf>> {
    let binaries = match profile {
        Profile::Dev => build_dev(architecture)?,
        Profile::Release => build_release(architecture)?,
    };
    let dir = output_dir().join("package");
    fs::create_dir_all(&dir).map_err(at(&dir))?;
    FUNCTIONS
        .into_iter()
        .map(|name| {
            let path = dir.join(format!("{name}.zip"));
            write_zip(&binaries.path(name), &path)?;
            Ok(path)
        })
        .collect()
}

/// The location of the built programs.
struct Binaries {
    dir: PathBuf,
    /// A folder for each function with a `bootstrap` in it, as cargo-lambda creates it.
    in_folders: bool,
}

impl Binaries {
    fn path(&self, name: &str) -> PathBuf {
        if self.in_folders {
            self.dir.join(name).join(PROGRAM)
        } else {
            self.dir.join(name)
        }
    }
}

fn build_dev(architecture: Architecture) -> Result<Binaries> {
    if !architecture.is_this_machine() {
        return Err(Error::Missing(format!(
            "the dev profile is for the local AWS, which runs this machine's own functions, not {}",
            architecture.name()
        )));
    }
    // Builds the whole workspace and a test instead of one crate, so that shared dependencies have the features of
    // `cargo test --workspace` and are not compiled again. One small test only, because all of them would be linked again
    // without the features of tests, which takes gigabytes.
    command::run(Command::new(cargo()).current_dir(root()).args([
        "build",
        "--quiet",
        "--workspace",
        "--bins",
        "--test",
        "architecture",
    ]))?;
    // Debug information is most of a dev binary. The files of the build keep it.
    let from = cargo_target_dir().join("debug");
    let dir = output_dir().join("package/stripped");
    fs::create_dir_all(&dir).map_err(at(&dir))?;
    for name in FUNCTIONS {
        let stripped = Command::new("strip")
            .arg("-o")
            .arg(dir.join(name))
            .arg(from.join(name))
            .status();
        if !stripped.is_ok_and(|status| status.success()) {
            fs::copy(from.join(name), dir.join(name)).map_err(at(&from.join(name)))?;
        }
    }
    Ok(Binaries {
        dir,
        in_folders: false,
    })
}

fn build_release(architecture: Architecture) -> Result<Binaries> {
    let python = Python::set_up()?;
    command::run(Command::new("rustup").current_dir(root()).args([
        "target",
        "add",
        architecture.target(),
    ]))?;
    let dir = output_dir().join("package").join(architecture.name());
    command::run(
        Command::new(python.program("cargo-lambda"))
            .current_dir(root())
            .env("PATH", python.search_path())
            // A fifth less to fetch and unpack, and as quick to start (ADR 26). `serve` and the benches are built for speed.
            .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "s")
            .args([
                "lambda",
                "build",
                "--release",
                "--package",
                "lambda",
                "--bins",
            ])
            // zig even for this machine's own processor, because it links against the C library that we name.
            .args(["--compiler", "cargo-zigbuild", "--target"])
            .arg(format!("{}.{LAMBDA_GLIBC}", architecture.target()))
            // The workspace's release profile applies; cargo-lambda's own would set panic = "abort".
            .args([
                "--disable-optimizations",
                "--output-format",
                "binary",
                "--lambda-dir",
            ])
            .arg(&dir),
    )?;
    Ok(Binaries {
        dir,
        in_folders: true,
    })
}

fn write_zip(program: &Path, zip: &Path) -> Result<()> {
    let bytes = fs::read(program).map_err(at(program))?;
    let file = fs::File::create(zip).map_err(at(zip))?;
    // With a fixed time and mode, the same program results in the same zip, which is not uploaded again.
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default())
        .unix_permissions(0o755);
    let mut writer = ZipWriter::new(file);
    writer.start_file(PROGRAM, options)?;
    writer.write_all(&bytes).map_err(at(zip))?;
    writer.finish()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::{
        fs::Permissions,
        io::Read,
        os::unix::fs::PermissionsExt,
        time::{Duration, SystemTime},
    };

    use super::*;

    #[test]
    fn the_same_program_gives_the_same_zip_with_an_executable_bootstrap() {
        let dir = tempfile::tempdir().unwrap();
        let program = dir.path().join("api");
        fs::write(&program, b"\x7fELF and so on").unwrap();
        let (first, second) = (dir.path().join("1.zip"), dir.path().join("2.zip"));
        write_zip(&program, &first).unwrap();
        // Built again, at another time, by somebody whose files nobody else may read.
        let rebuilt = fs::File::create(&program).unwrap();
        (&rebuilt).write_all(b"\x7fELF and so on").unwrap();
        let another_day = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
        rebuilt.set_modified(another_day).unwrap();
        fs::set_permissions(&program, Permissions::from_mode(0o600)).unwrap();
        write_zip(&program, &second).unwrap();
        assert_eq!(fs::read(&first).unwrap(), fs::read(&second).unwrap());

        let mut archive = zip::ZipArchive::new(fs::File::open(&first).unwrap()).unwrap();
        assert_eq!(archive.len(), 1);
        let mut entry = archive.by_name("bootstrap").unwrap();
        assert_eq!(entry.unix_mode().map(|mode| mode & 0o777), Some(0o755));
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        assert_eq!(bytes, b"\x7fELF and so on");
    }
}
