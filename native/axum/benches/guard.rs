//! What a guard costs: processor time of a server per request, with and without it, in 20
//! alternations. `cargo bench -p leastkey-axum`; only on Linux, whose /proc tells the time.
//!
//! The server is a process of its own, with one thread and one connection that is kept open. Its
//! processor time is all that is measured, so the client and other programs do not count.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use leastkey::driver::{Actor, Blocking, MemoryStore, Options, Tokens};
use leastkey_axum::{Guard, GuardLayer};
use serde_json::json;

/// How often the two servers alternate.
const ALTERNATIONS: usize = 20;

/// Student's t for 95 % and 19 degrees of freedom.
const T: f64 = 2.093;

fn main() {
    match std::env::args().nth(1).as_deref() {
        Some("guarded") => serve(true),
        Some("open") => serve(false),
        _ => measure(),
    }
}

/// Serves, after it has written its port and a credential.
fn serve(is_guarded: bool) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let catalog = json!({ "services": { "mail": { "title": "Mail", "permissions": {
            "read": { "title": "Read", "routes": ["GET /inbox"] },
        } } } });
        let options = Options::new("acme_test", catalog).freshness(Duration::from_secs(5));
        let tokens = Tokens::new(Blocking::new(MemoryStore::default()), options).unwrap();
        let admin = Actor::new("user:7").role("org:acme", "admin");
        let input =
            json!({ "kind": "permission-set", "name": "Bench", "owner": "org:acme", "add": ["mail:read"] });
        let credential = tokens.create(input, &admin).await.unwrap().credential.unwrap();
        let mut app = Router::new().route("/inbox", get(|| async { "{\"messages\":[]}" }));
        if is_guarded {
            app = app.layer(GuardLayer::by_routes(Guard::new(tokens.verifier().clone())));
        }
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        println!(
            "{} {}",
            listener.local_addr().unwrap().port(),
            credential.reveal()
        );
        axum::serve(listener, app).await.unwrap();
    });
}

/// A server, and a connection to it.
struct Server {
    process: Child,
    connection: BufReader<TcpStream>,
    request: String,
}

impl Server {
    fn start(kind: &str) -> Server {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .arg(kind)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let (port, credential) = line.trim().split_once(' ').unwrap();
        let stream = TcpStream::connect(("127.0.0.1", port.parse().unwrap())).unwrap();
        stream.set_nodelay(true).unwrap();
        Server {
            process,
            connection: BufReader::new(stream),
            request: format!(
                "GET /inbox HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {credential}\r\n\r\n"
            ),
        }
    }

    /// Processor time so far, in nanoseconds: of all threads.
    fn spent(&self) -> u64 {
        let tasks = std::fs::read_dir(format!("/proc/{}/task", self.process.id())).unwrap();
        let of = |task: std::fs::DirEntry| {
            let text = std::fs::read_to_string(task.path().join("schedstat")).unwrap();
            text.split(' ').next().unwrap().parse::<u64>().unwrap()
        };
        tasks.map(|task| of(task.unwrap())).sum()
    }

    /// Makes requests one after the other. Returns the processor time of each, in nanoseconds.
    fn requests(&mut self, count: u32) -> f64 {
        let before = self.spent();
        for _ in 0..count {
            self.connection
                .get_mut()
                .write_all(self.request.as_bytes())
                .unwrap();
            self.read_response();
        }
        #[allow(clippy::cast_precision_loss)]
        let spent = (self.spent() - before) as f64;
        spent / f64::from(count)
    }

    fn read_response(&mut self) {
        let mut length = 0;
        let mut line = String::new();
        for at in 0.. {
            line.clear();
            self.connection.read_line(&mut line).unwrap();
            assert!(at > 0 || line.starts_with("HTTP/1.1 200"), "{line}");
            if line == "\r\n" {
                break;
            }
            if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
        }
        let mut body = vec![0; length];
        self.connection.read_exact(&mut body).unwrap();
        assert_eq!(body, b"{\"messages\":[]}");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

fn measure() {
    let count = std::env::var("REQUESTS").map_or(10_000, |text| text.parse().unwrap());
    let (mut guarded, mut open) = (Server::start("guarded"), Server::start("open"));
    guarded.requests(count);
    open.requests(count);
    let rounds: Vec<[f64; 2]> = (0..ALTERNATIONS)
        .map(|at| {
            // Which one is first alternates too.
            if at % 2 == 0 {
                let with = guarded.requests(count);
                [with, open.requests(count)]
            } else {
                let without = open.requests(count);
                [guarded.requests(count), without]
            }
        })
        .collect();
    let show = |name: &str, values: Vec<f64>| {
        let (mean, half) = interval(&values);
        println!("{name:<34} {:8.2} µs ± {:.2}", mean / 1_000.0, half / 1_000.0);
    };
    println!("processor time per request, {ALTERNATIONS} alternations of {count} requests, 95 % interval");
    show(
        "without the guard",
        rounds.iter().map(|[_, open]| *open).collect(),
    );
    show(
        "with the guard",
        rounds.iter().map(|[guarded, _]| *guarded).collect(),
    );
    show(
        "the guard",
        rounds.iter().map(|[guarded, open]| guarded - open).collect(),
    );
}

/// The mean, and half of its 95 % interval.
#[allow(clippy::cast_precision_loss)]
fn interval(values: &[f64]) -> (f64, f64) {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (count - 1.0);
    (mean, T * (variance / count).sqrt())
}
