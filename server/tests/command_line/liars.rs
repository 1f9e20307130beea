//! Peers that answer every request in the same wrong way.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpListener,
    os::unix::net::UnixListener,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

/// How a peer answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lie {
    /// It accepts the connection and says nothing.
    Silent,
    /// It closes the connection.
    Closed,
    /// It begins a header and sends one byte of it every 100 ms.
    SlowHead,
    /// The same with the body.
    SlowBody,
    /// Headers without end.
    EndlessHead,
    /// One header of 32 MB.
    HugeHeader,
    /// A body without end.
    EndlessBody,
    /// An error with a body without end.
    EndlessError,
    /// A body that is said to be larger than any disk.
    HugeLength,
    /// A chunk that is said to be as large.
    HugeChunk,
    /// No HTTP.
    Garbage,
    /// A web page.
    WebPage,
    /// A web page with status 502.
    ErrorPage,
    /// It sends the client to another server.
    Redirect,
    /// Half of a JSON document, and the connection is closed.
    HalfJson,
    /// JSON that is nested 200,000 levels deep.
    DeepJson,
    /// Valid JSON of another kind.
    OtherJson,
    /// A compressed body of 1 GB, without that having been asked for.
    Bomb,
}

impl Lie {
    pub const ALL: [Lie; 18] = [
        Lie::Silent,
        Lie::Closed,
        Lie::SlowHead,
        Lie::SlowBody,
        Lie::EndlessHead,
        Lie::HugeHeader,
        Lie::EndlessBody,
        Lie::EndlessError,
        Lie::HugeLength,
        Lie::HugeChunk,
        Lie::Garbage,
        Lie::WebPage,
        Lie::ErrorPage,
        Lie::Redirect,
        Lie::HalfJson,
        Lie::DeepJson,
        Lie::OtherJson,
        Lie::Bomb,
    ];

    /// Whether the answer begins with a status that says that all is well.
    pub fn is_success(self) -> bool {
        use Lie::{Bomb, DeepJson, EndlessBody, HalfJson, HugeChunk, HugeLength, OtherJson, SlowBody, WebPage};
        matches!(
            self,
            SlowBody | EndlessBody | HugeLength | HugeChunk | WebPage | HalfJson | DeepJson | OtherJson | Bomb
        )
    }
}

/// A peer, which lives as long as the process.
pub struct Liar {
    lie: Lie,
    /// Whether it first says honestly that it is a Docker Engine.
    negotiates: bool,
    /// Where a redirect leads. Nobody should come.
    elsewhere: u16,
    visitors: Arc<AtomicUsize>,
}

impl Liar {
    pub fn new(lie: Lie) -> Arc<Liar> {
        Liar::with(lie, false)
    }

    /// A Docker Engine that answers like one until its version is known.
    pub fn after_negotiation(lie: Lie) -> Arc<Liar> {
        Liar::with(lie, true)
    }

    fn with(lie: Lie, negotiates: bool) -> Arc<Liar> {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let elsewhere = listener.local_addr().unwrap().port();
        let visitors = Arc::new(AtomicUsize::new(0));
        let seen = Arc::clone(&visitors);
        thread::spawn(move || {
            for _visitor in listener.incoming() {
                seen.fetch_add(1, Ordering::SeqCst);
            }
        });
        Arc::new(Liar { lie, negotiates, elsewhere, visitors })
    }

    /// How many clients followed a redirect.
    pub fn visitors(&self) -> usize {
        self.visitors.load(Ordering::SeqCst)
    }

    /// Listens on a free port and returns it.
    pub fn listen(self: &Arc<Liar>) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let liar = Arc::clone(self);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let liar = Arc::clone(&liar);
                thread::spawn(move || liar.answer(&stream, &stream));
            }
        });
        port
    }

    /// Listens on a socket in the folder and returns its address.
    pub fn listen_as_engine(self: &Arc<Liar>, folder: &Path) -> String {
        let path = folder.join("engine.sock");
        let listener = UnixListener::bind(&path).unwrap();
        let liar = Arc::clone(self);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let liar = Arc::clone(&liar);
                thread::spawn(move || liar.answer(&stream, &stream));
            }
        });
        format!("unix://{}", path.display())
    }

    /// Reads the head of a request and answers it. An error means that the client is gone.
    fn answer(&self, from: impl Read, mut to: impl Write) {
        if self.lie != Lie::Closed || self.negotiates {
            let mut head = BufReader::new(from).lines().map_while(Result::ok).take_while(|line| !line.is_empty());
            let request = head.next().unwrap_or_default();
            head.for_each(drop);
            if self.negotiates && request.contains("/_ping ") {
                let _ = to.write_all(b"HTTP/1.1 200 OK\r\nApi-Version: 1.41\r\nContent-Length: 2\r\n\r\nOK");
                return;
            }
        }
        let _ = self.write(&mut to);
    }

    fn write(&self, to: &mut impl Write) -> std::io::Result<()> {
        const OK: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";
        const CHUNKED: &[u8] = b"Transfer-Encoding: chunked\r\n\r\n";
        let piece = [b'x'; 1 << 14];
        let chunk = [format!("{:x}\r\n", piece.len()).as_bytes(), &piece, b"\r\n"].concat();
        let mut with_length = |head: &str, body: &[u8]| {
            to.write_all(format!("HTTP/1.1 {head}\r\nContent-Length: {}\r\n\r\n", body.len()).as_bytes())?;
            to.write_all(body)
        };
        match self.lie {
            Lie::Closed => Ok(()),
            Lie::Silent => pause_forever(),
            Lie::SlowHead => trickle(to, b"HTTP/1.1 200 OK\r\nX: "),
            Lie::SlowBody => trickle(to, &[OK, b"Content-Length: 100000\r\n\r\n"].concat()),
            Lie::EndlessHead => {
                to.write_all(OK)?;
                loop {
                    to.write_all(b"X-Again: and again\r\n")?;
                }
            }
            Lie::HugeHeader => {
                to.write_all(&[OK, b"X-Huge: "].concat())?;
                (0..2048).try_for_each(|_| to.write_all(&piece))?;
                to.write_all(b"\r\nContent-Length: 2\r\n\r\n{}")
            }
            Lie::EndlessBody => {
                to.write_all(&[OK, CHUNKED].concat())?;
                loop {
                    to.write_all(&chunk)?;
                }
            }
            Lie::EndlessError => {
                to.write_all(&[&b"HTTP/1.1 500 Oh\r\nContent-Type: application/json\r\n"[..], CHUNKED].concat())?;
                loop {
                    to.write_all(&chunk)?;
                }
            }
            Lie::HugeLength => {
                to.write_all(&[OK, b"Content-Length: 9223372036854775807\r\n\r\n"].concat())?;
                loop {
                    to.write_all(&piece)?;
                }
            }
            Lie::HugeChunk => to.write_all(&[OK, CHUNKED, b"FFFFFFFFFFFFFFFE\r\n{}"].concat()),
            Lie::Garbage => to.write_all(&[0x16, 0x03, 0x01, 0xff, b'\r', b'\n', 0, 0x80].repeat(64)),
            Lie::WebPage => with_length("200 OK\r\nContent-Type: text/html", b"<!doctype html><title>Router</title>"),
            Lie::ErrorPage => {
                let page = "<html><h1>Bad Gateway</h1>".repeat(8000);
                with_length("502 Bad Gateway\r\nContent-Type: text/html", page.as_bytes())
            }
            Lie::Redirect => with_length(&format!("302 Found\r\nLocation: http://127.0.0.1:{}/", self.elsewhere), b""),
            Lie::HalfJson => {
                to.write_all(&[OK, br#"Content-Length: 999"#, b"\r\n\r\n", br#"{"status":"succ"#].concat())
            }
            Lie::DeepJson => with_length("200 OK\r\nContent-Type: application/json", &[b'['; 200_000]),
            Lie::OtherJson => with_length("200 OK\r\nContent-Type: application/json", br#"[{"Id":7},null,"x"]"#),
            Lie::Bomb => {
                // The beginning of a gzip stream with one stored block after the other.
                to.write_all(&[OK, b"Content-Encoding: gzip\r\n", CHUNKED].concat())?;
                to.write_all(b"a\r\n\x1f\x8b\x08\0\0\0\0\0\0\xff\r\n")?;
                let block = [&[0, 0xff, 0x3f, 0, 0xc0][..], &[b'x'; 0x3fff]].concat();
                (0..1 << 16).try_for_each(|_| {
                    to.write_all(&[format!("{:x}\r\n", block.len()).as_bytes(), &block, b"\r\n"].concat())
                })
            }
        }
    }
}

fn trickle(to: &mut impl Write, head: &[u8]) -> std::io::Result<()> {
    to.write_all(head)?;
    loop {
        to.write_all(b"x")?;
        to.flush()?;
        thread::sleep(Duration::from_millis(100));
    }
}

/// Keeps the connection open.
fn pause_forever() -> std::io::Result<()> {
    loop {
        thread::park();
    }
}
