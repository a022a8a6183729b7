//! Chromium, which makes a picture of a page. What it cannot do is no failure: the mail is there without it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use super::screen::Screen;

/// The variable that names another program than [`USUAL`].
const VARIABLE: &str = "LEDGERBELL_CHROMIUM";
/// The names of Chromium in Debian, in other distributions, and of its vendor.
const USUAL: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];
/// Height of the measuring frame, in CSS pixels: less than any mail, so that the mail is measured.
const LEAST_HEIGHT: u32 = 200;
/// Greatest height, in CSS pixels. Chromium's pictures are cut beyond it.
const MOST_HEIGHT: u32 = 16_000;
/// Longest run, in seconds: a page without requests takes one, and a busy machine longer. Then the browser is killed.
const PATIENCE: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(50);

pub(super) struct Browser {
    program: PathBuf,
}

impl Browser {
    pub(super) fn find() -> Result<Self, String> {
        let named = std::env::var_os(VARIABLE).map(PathBuf::from);
        let program = match named {
            Some(program) if program.is_file() => Some(program),
            Some(program) => {
                return Err(format!("{VARIABLE} names no file: {}", program.display()));
            }
            None => on_path(),
        };
        program
            .map(|program| Browser { program })
            .ok_or_else(|| format!("no Chromium was found; {VARIABLE} can name one"))
    }

    /// Draws the whole page, as wide as the screen.
    pub(super) fn picture(
        &self,
        html: &Path,
        picture: &Path,
        screen: Screen,
    ) -> Result<(), String> {
        let html = absolute(html)?;
        let picture = absolute(picture)?;
        let width = screen.width();
        let height = self.height(&html, width)?;
        let mut screenshot = std::ffi::OsString::from("--screenshot=");
        screenshot.push(&picture);
        let mut command = self.command(width, height);
        command.arg(screenshot);
        if screen.dark {
            command.arg("--blink-settings=preferredColorScheme=0");
        }
        // A picture of an earlier run must not be taken for a new one.
        let _ = std::fs::remove_file(&picture);
        run(command.arg(url(&html)))?;
        if picture.is_file() {
            Ok(())
        } else {
            Err(format!("{} wrote none", self.program.display()))
        }
    }

    /// Returns the height of the page at this width. It is shown in a frame, whose page puts the height into its title:
    /// Chromium's windows are at least 500 pixels wide, but frames are not.
    fn height(&self, html: &Path, width: u32) -> Result<u32, String> {
        const ASK: &str = "<script>onload = () => document.title = \
            document.querySelector('iframe').contentDocument.documentElement.scrollHeight</script>";
        let page = std::fs::read_to_string(html).map_err(|error| error.to_string())?;
        let page = page.replace('&', "&amp;").replace('"', "&quot;");
        let style = format!("width:{width}px;height:{LEAST_HEIGHT}px;border:0");
        let frame = format!(
            "<!DOCTYPE html><meta charset=\"utf-8\"><title></title>\
             <iframe style=\"{style}\" srcdoc=\"{page}\"></iframe>{ASK}"
        );
        let copy = html.with_extension("measured.html");
        private::write(&copy, frame.as_bytes()).map_err(|error| error.to_string())?;
        let ran = run(self
            .command(width, LEAST_HEIGHT)
            .arg("--dump-dom")
            .arg(url(&copy)));
        let _ = std::fs::remove_file(&copy);
        let page = String::from_utf8_lossy(&ran?.stdout).into_owned();
        let title = page
            .split_once("<title>")
            .and_then(|(_, rest)| rest.split_once("</title>"))
            .map(|(title, _)| title);
        title
            .and_then(|title| title.trim().parse::<u32>().ok())
            .map(|height| height.clamp(LEAST_HEIGHT, MOST_HEIGHT))
            .ok_or_else(|| format!("{} did not measure the page", self.program.display()))
    }

    fn command(&self, width: u32, height: u32) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(["--headless", "--disable-gpu", "--hide-scrollbars"])
            .args([
                "--no-first-run",
                "--disable-extensions",
                "--disable-background-networking",
            ])
            .arg(format!("--window-size={width},{height}"))
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .stdout(Stdio::piped());
        if is_root() {
            // Chromium's sandbox refuses to run as root. The page is ours and loads nothing.
            command.arg("--no-sandbox");
        }
        command
    }
}

fn on_path() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    USUAL.iter().find_map(|name| {
        std::env::split_paths(&path)
            .map(|folder| folder.join(name))
            .find(|program| program.is_file())
    })
}

/// Runs the browser, and kills it if it hangs.
fn run(command: &mut Command) -> Result<Output, String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let failed = |reason: String| format!("{name} {reason}");
    let mut child = command.spawn().map_err(|error| failed(error.to_string()))?;
    // Read while it runs, because a full pipe would block it.
    let stdout = child.stdout.take();
    let reader = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut stdout) = stdout {
            // The caller judges the output so far.
            let _ = std::io::Read::read_to_end(&mut stdout, &mut bytes);
        }
        bytes
    });
    let deadline = Instant::now() + PATIENCE;
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if Instant::now() < deadline => std::thread::sleep(POLL),
            Ok(None) => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(failed(format!(
                    "did not end within {} s",
                    PATIENCE.as_secs()
                )));
            }
            Err(error) => return Err(failed(error.to_string())),
        }
    };
    if !status.success() {
        return Err(failed(format!("ended with {status}")));
    }
    let stdout = reader.join().unwrap_or_default();
    Ok(Output {
        status,
        stdout,
        stderr: Vec::new(),
    })
}

fn absolute(path: &Path) -> Result<PathBuf, String> {
    std::path::absolute(path).map_err(|error| error.to_string())
}

/// Returns a file's URL (RFC 8089), with special characters encoded.
fn url(path: &Path) -> String {
    let mut url = "file://".to_owned();
    for byte in path.to_string_lossy().bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'.' | b'_' | b'~') {
            url.push(char::from(byte));
        } else {
            url.push_str(&format!("%{byte:02X}"));
        }
    }
    url
}

#[cfg(target_os = "linux")]
fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

#[cfg(not(target_os = "linux"))]
fn is_root() -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_path_becomes_a_url() {
        assert_eq!(
            url(Path::new("/a b/é#?%.html")),
            "file:///a%20b/%C3%A9%23%3F%25.html"
        );
    }
}
