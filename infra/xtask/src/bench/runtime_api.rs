//! The part of Lambda's Runtime API that a custom runtime uses: the next invocation, and its response.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>

use std::{
    io::{BufRead, BufReader, Write},
    net::{Ipv4Addr, TcpListener, TcpStream},
    sync::mpsc::{self, Receiver, Sender},
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use crate::error::{Error, Result};

/// Longest wait for a function, in seconds: everything that it does here takes a fraction of one.
const PATIENCE: Duration = Duration::from_secs(30);
const FUNCTION_TIMEOUT: Duration = Duration::from_secs(90);

/// A request of the runtime, with its time.
#[derive(Debug)]
pub(super) enum Asked {
    /// `GET …/invocation/next`: it is ready for the next invocation.
    Next(Instant, Answer),
    /// `POST …/response`: it finished an invocation.
    Response(Instant),
    /// `POST …/error`: the function or its start failed.
    Error(String),
}

/// A connection that waits for an invocation.
#[derive(Debug)]
pub(super) struct Answer(TcpStream);

/// The API for one process.
#[derive(Debug)]
pub(super) struct RuntimeApi {
    address: String,
    asked: Receiver<Asked>,
}

impl RuntimeApi {
    /// Listens on a free port of loopback.
    ///
    /// # Errors
    /// - `Bench`: there is none.
    pub(super) fn start() -> Result<Self> {
        let bad = |error: std::io::Error| Error::Bench(format!("the Runtime API: {error}"));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(bad)?;
        let address = listener.local_addr().map_err(bad)?.to_string();
        let (tell, asked) = mpsc::channel();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let tell = tell.clone();
                // The thread ends with its connection, and the connection with the process.
                thread::spawn(move || serve(stream, &tell));
            }
        });
        Ok(Self { address, asked })
    }

    /// Returns the value for `AWS_LAMBDA_RUNTIME_API`.
    pub(super) fn address(&self) -> &str {
        &self.address
    }

    /// Waits for a request for an invocation. Returns its time and where to answer it.
    ///
    /// # Errors
    /// - `Bench`: the function is silent, or reported an error.
    pub(super) fn next(&self) -> Result<(Instant, Answer)> {
        match self.asked.recv_timeout(PATIENCE) {
            Ok(Asked::Next(at, answer)) => Ok((at, answer)),
            other => Err(instead("/next", other)),
        }
    }

    /// Waits for a response. Returns its time.
    ///
    /// # Errors
    /// - `Bench`: the function is silent, or reported an error.
    pub(super) fn response(&self) -> Result<Instant> {
        match self.asked.recv_timeout(PATIENCE) {
            Ok(Asked::Response(at)) => Ok(at),
            other => Err(instead("a response", other)),
        }
    }
}

fn instead(of: &str, came: std::result::Result<Asked, mpsc::RecvTimeoutError>) -> Error {
    Error::Bench(match came {
        Ok(Asked::Error(error)) => {
            format!("the function reported an error instead of {of}: {error}")
        }
        Ok(_) => format!("the function sent something else instead of {of}"),
        Err(_) => format!("the function is silent and did not get to {of}"),
    })
}

impl Answer {
    /// Passes an event to the function. Returns the time.
    ///
    /// # Errors
    /// - `Bench`: the function is gone.
    pub(super) fn invoke(mut self, event: &str) -> Result<Instant> {
        let deadline = SystemTime::now() + FUNCTION_TIMEOUT;
        let deadline = deadline.duration_since(UNIX_EPOCH).unwrap_or_default();
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
             Lambda-Runtime-Aws-Request-Id: 8476a536-e9f4-11e8-9739-2dfe598c3fcd\r\n\
             Lambda-Runtime-Deadline-Ms: {}\r\n\
             Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:eu-west-1:123456789012:function:bench\r\n\
             Lambda-Runtime-Trace-Id: Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=0\r\n\r\n",
            event.len(),
            deadline.as_millis()
        );
        let at = Instant::now();
        self.0
            .write_all((head + event).as_bytes())
            .map_err(|error| Error::Bench(format!("the function is gone: {error}")))?;
        Ok(at)
    }
}

/// Serves one connection, which the runtime keeps open.
fn serve(mut stream: TcpStream, tell: &Sender<Asked>) {
    let Ok(reading) = stream.try_clone() else {
        return;
    };
    let mut reader = BufReader::new(reading);
    while let Some((line, body)) = request(&mut reader) {
        let at = Instant::now();
        if line.contains("/invocation/next") {
            let Ok(answer) = stream.try_clone() else {
                return;
            };
            if tell.send(Asked::Next(at, Answer(answer))).is_err() {
                return;
            }
            continue;
        }
        let asked = match line.contains("/response ") {
            true => Asked::Response(at),
            false => Asked::Error(body),
        };
        // Reported before it is answered, because the function then continues, perhaps on another connection.
        let accepted = b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n";
        if tell.send(asked).is_err() || stream.write_all(accepted).is_err() {
            return;
        }
    }
}

/// Reads a request's first line and body. Returns `None` at the end of the connection.
fn request(reader: &mut impl BufRead) -> Option<(String, String)> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let length = lines.iter().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        let is_length = name.eq_ignore_ascii_case("content-length");
        is_length.then(|| value.trim().parse().ok())?
    });
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body).ok()?;
    let first = lines.into_iter().next()?;
    Some((first, String::from_utf8_lossy(&body).into_owned()))
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    fn send(stream: &mut TcpStream, request: &str) {
        stream.write_all(request.as_bytes()).unwrap();
    }

    fn receive(stream: &mut TcpStream, end: &str) {
        let mut got = String::new();
        let mut byte = [0];
        while !got.ends_with(end) {
            stream.read_exact(&mut byte).unwrap();
            got.push(char::from(byte[0]));
        }
    }

    #[test]
    fn a_function_receives_an_event_and_its_response_is_returned() {
        let api = RuntimeApi::start().unwrap();
        let mut function = TcpStream::connect(api.address()).unwrap();
        send(
            &mut function,
            "GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nhost: x\r\n\r\n",
        );
        let (ready, answer) = api.next().unwrap();
        let asked = answer.invoke("{\"a\":1}").unwrap();
        receive(&mut function, "{\"a\":1}");
        send(
            &mut function,
            "POST /2018-06-01/runtime/invocation/1/response HTTP/1.1\r\nContent-Length: 2\r\n\r\nok",
        );
        assert!(ready <= asked && asked <= api.response().unwrap());
        // The same connection goes on.
        receive(&mut function, "\r\n\r\n");
        send(
            &mut function,
            "POST /2018-06-01/runtime/init/error HTTP/1.1\r\nContent-Length: 3\r\n\r\nbad",
        );
        let error = api.next().unwrap_err().to_string();
        assert!(
            error.contains("reported an error instead of /next: bad"),
            "{error}"
        );
    }
}
