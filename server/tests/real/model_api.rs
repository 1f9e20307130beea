//! A model API that answers as Anthropic's does, and remembers what it billed: for each conversation one call of the tool
//! `Write`, then a sentence. It listens on this machine, in a thread that ends with the test.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex, PoisonError},
    thread,
};

use serde_json::{Value, json};

/// The tokens of one answered request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    pub input: u64,
    pub output: u64,
    pub cache_read: u64,
    pub cache_creation: u64,
}

pub struct ModelApi {
    pub port: u16,
    billed: Arc<Mutex<Vec<Usage>>>,
}

impl ModelApi {
    pub fn start() -> ModelApi {
        ModelApi::start_on("127.0.0.1")
    }

    /// Listens on this address of this machine.
    pub fn start_on(address: &str) -> ModelApi {
        let listener = TcpListener::bind((address, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let billed = Arc::new(Mutex::new(Vec::new()));
        let of_thread = Arc::clone(&billed);
        thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let billed = Arc::clone(&of_thread);
                // A client may hang up.
                thread::spawn(move || answer(connection, &billed).ok());
            }
        });
        ModelApi { port, billed }
    }

    /// What was billed since the last call.
    pub fn take_billed(&self) -> Vec<Usage> {
        std::mem::take(&mut self.billed.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn answer(mut connection: TcpStream, billed: &Mutex<Vec<Usage>>) -> std::io::Result<()> {
    let mut reader = BufReader::new(connection.try_clone()?);
    let mut first = String::new();
    reader.read_line(&mut first)?;
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 || line.trim().is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap_or(0);
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let mut words = first.split_whitespace();
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let path = path.split('?').next().unwrap_or_default();
    let request: Value = serde_json::from_slice(&body).unwrap_or_default();
    let (status, kind, text) = match (method, path) {
        ("POST", "/v1/messages") => {
            let mut billed = billed.lock().unwrap_or_else(PoisonError::into_inner);
            let usage = usage(billed.len() as u64 + 1);
            billed.push(usage);
            let message = Message { model: request["model"].clone(), usage, content: content(&request) };
            if request["stream"] == true {
                ("200 OK", "text/event-stream", message.stream())
            } else {
                ("200 OK", "application/json", message.whole().to_string())
            }
        }
        ("POST", "/v1/messages/count_tokens") => {
            ("200 OK", "application/json", json!({ "input_tokens": 9 }).to_string())
        }
        _ => {
            let error = json!({ "type": "error", "error": { "type": "not_found_error", "message": path } });
            ("404 Not Found", "application/json", error.to_string())
        }
    };
    write!(
        connection,
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        text.len()
    )?;
    connection.write_all(if method == "HEAD" { b"" } else { text.as_bytes() })
}

/// Other numbers for every request, so that one that is lost or counted twice shows in each sum.
fn usage(number: u64) -> Usage {
    Usage {
        input: 100 + number,
        output: 40 + 3 * number,
        cache_read: 5000 + 7 * number,
        cache_creation: 300 + 11 * number,
    }
}

/// A call of `Write` if the tool is there and was not called yet, else a sentence.
fn content(request: &Value) -> Value {
    let has_tool = request["tools"].as_array().is_some_and(|tools| tools.iter().any(|tool| tool["name"] == "Write"));
    if has_tool && !request["messages"].to_string().contains("\"tool_result\"") {
        let cwd = request.to_string();
        // The folder is in the system prompt or a reminder.
        let folder = cwd.split("orking directory: ").nth(1).and_then(|rest| rest.split("\\n").next()).unwrap_or("/tmp");
        let input = json!({ "file_path": format!("{folder}/written.txt"), "content": "one\ntwo\nthree" });
        json!([{ "type": "tool_use", "id": "toolu_01", "name": "Write", "input": input }])
    } else {
        json!([{ "type": "text", "text": "Done." }])
    }
}

struct Message {
    model: Value,
    usage: Usage,
    content: Value,
}

impl Message {
    fn stop_reason(&self) -> &str {
        if self.content[0]["type"] == "tool_use" { "tool_use" } else { "end_turn" }
    }

    fn usage(&self, output: u64) -> Value {
        json!({
            "input_tokens": self.usage.input,
            "cache_read_input_tokens": self.usage.cache_read,
            "cache_creation_input_tokens": self.usage.cache_creation,
            "output_tokens": output,
        })
    }

    fn whole(&self) -> Value {
        json!({
            "id": "msg_01",
            "type": "message",
            "role": "assistant",
            "model": self.model,
            "content": self.content,
            "stop_reason": self.stop_reason(),
            "stop_sequence": null,
            "usage": self.usage(self.usage.output),
        })
    }

    /// As server-sent events.
    fn stream(&self) -> String {
        let mut start = self.whole();
        start["content"] = json!([]);
        start["stop_reason"] = Value::Null;
        start["usage"] = self.usage(1);
        let block = &self.content[0];
        let (empty, delta) = if block["type"] == "tool_use" {
            let mut empty = block.clone();
            empty["input"] = json!({});
            (empty, json!({ "type": "input_json_delta", "partial_json": block["input"].to_string() }))
        } else {
            (json!({ "type": "text", "text": "" }), json!({ "type": "text_delta", "text": block["text"] }))
        };
        let end = json!({ "stop_reason": self.stop_reason(), "stop_sequence": null });
        [
            json!({ "type": "message_start", "message": start }),
            json!({ "type": "content_block_start", "index": 0, "content_block": empty }),
            json!({ "type": "content_block_delta", "index": 0, "delta": delta }),
            json!({ "type": "content_block_stop", "index": 0 }),
            json!({ "type": "message_delta", "delta": end, "usage": self.usage(self.usage.output) }),
            json!({ "type": "message_stop" }),
        ]
        .iter()
        .map(|event| format!("event: {}\ndata: {event}\n\n", event["type"].as_str().unwrap_or_default()))
        .collect()
    }
}
