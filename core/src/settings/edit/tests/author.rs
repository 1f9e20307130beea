//! Writes random settings files, in many of the ways in which people write YAML.

use super::Key;
use crate::settings::{KEYS, Kind};

/// A generator of numbers that look random (xorshift64*).
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64) -> Dice {
        Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub(super) fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % limit
    }

    pub(super) fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }

    pub(super) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    /// A value that the key allows; ports differ from one another and from every default.
    pub(super) fn value(&mut self, key: &Key) -> String {
        match key.kind {
            Kind::Text => {
                self.pick(&["localhost", "yes", "1e3", "010", "~", "a: b", "# x", "o'neil \"n\" \\", "é", "-"])
            }
            Kind::HostName => self.pick(&["otel-collector", "collector.internal", "no", "10"]),
            Kind::Url => self.pick(&["https://otel.example:4318", "http://10.0.0.1/x?y=%20&z"]),
            Kind::BindAddress => self.pick(&["127.0.0.1", "0.0.0.0", "::1", "192.168.1.7"]),
            Kind::UrlPath if key.path == "telemetry.metrics_path" => self.pick(&["/v1/other", "/", "/~x/y.z-_"]),
            Kind::UrlPath => self.pick(&["/v1/events", "/e/", "/~e/y.z-_"]),
            Kind::Retention => self.pick(&["1d", "30d", "2w", "1y"]),
            Kind::Switch => self.pick(&["true", "false"]),
            Kind::Image => self.pick(&["grafana/loki:3", "registry.example:5000/x/y:z"]),
            Kind::Milliseconds => return (100 + self.below(1_000_000)).to_string(),
            Kind::Port => {
                let place = KEYS.iter().position(|other| other.path == key.path).unwrap_or_default();
                return (20_000 + place * 1000 + self.below(1000)).to_string();
            }
        }
        .to_owned()
    }
}

/// A file: pieces of text with the values of known keys between them, as they are written.
pub(super) struct File {
    pieces: Vec<String>,
    /// The key, its value as written with quotes, and the value.
    pub(super) values: Vec<(&'static Key, String, String)>,
}

impl File {
    pub(super) fn text(&self) -> String {
        let written = self.values.iter().map(|(_, written, _)| written.as_str()).chain([""]);
        self.pieces.iter().map(String::as_str).zip(written).flat_map(|(piece, value)| [piece, value]).collect()
    }

    pub(super) fn has(&self, key: &Key) -> bool {
        self.values.iter().any(|(known, ..)| known.path == key.path)
    }
}

/// Writes a file in one of many ways.
struct Author<'a> {
    dice: &'a mut Dice,
    file: File,
    ending: &'static str,
    unknown_keys: usize,
}

impl Author<'_> {
    fn write(&mut self, text: &str) {
        if let Some(last) = self.file.pieces.last_mut() {
            last.push_str(&text.replace('\n', self.ending));
        }
    }

    fn remark(&mut self, indent: &str) {
        match self.dice.below(8) {
            0 => self.write("\n"),
            1 => self.write(&format!("{indent}# about: {{what}} 'follows'\n")),
            2 => self.write("# loki_port: 1\n"),
            _ => {}
        }
    }

    /// What may follow a value on its line.
    fn end_line(&mut self) {
        let end = self.dice.pick(&["\n", "\n", "\n", "  # why: 'so'\n", " \n"]);
        self.write(end);
    }

    /// Unknown keys.
    fn unknown(&mut self, indent: &str, deeper: &str) {
        self.unknown_keys += 1;
        let name = format!("new_{}", self.unknown_keys);
        let body = match self.dice.below(9) {
            0 => format!("{indent}{name}: [1, 'two', {{three: 3}}]"),
            1 => format!("{indent}{name}:\n{indent}{deeper}loki_port: 7 # not ours\n{indent}{deeper}x: y"),
            2 => format!(
                "{indent}{name}: |\n{indent}{deeper}loki_port: 1\n\n{indent}{deeper}  # text\n{indent}{name}_too: 1"
            ),
            3 => format!("{indent}{name}: \"a\\tb # 'c'\""),
            4 => format!("{indent}'{name}':\n{indent}- 1\n{indent}- b: 2\n{indent}  c: 3"),
            5 => format!("{indent}{name}: &anchor_{name} 7\n{indent}{name}_too: *anchor_{name}"),
            6 => format!("{indent}{name}: {{a: {{b: [c]}}, 'd': \"e\"}}"),
            7 => format!("{indent}{name}: plain text\n{indent}{deeper}over two lines"),
            _ => format!("{indent}{name}: 0x1F"),
        };
        self.write(&body);
        self.end_line();
    }

    fn value(&mut self, key: &'static Key) {
        let value = self.dice.value(key);
        let written = match self.dice.below(3) {
            0 => single_quoted(&value),
            1 => double_quoted(&value),
            _ if is_number_or_word(key) || is_plain(&value) => value.clone(),
            _ => double_quoted(&value),
        };
        self.file.values.push((key, written, value));
        self.file.pieces.push(String::new());
    }

    fn name(&mut self, name: &str) -> String {
        match self.dice.below(6) {
            0 => format!("\"{name}\": "),
            1 => format!("'{name}':   "),
            2 => format!("{name} : "),
            _ => format!("{name}: "),
        }
    }

    /// Keys of one section, in block style.
    fn block(&mut self, keys: &[&'static Key], indent: &str, deeper: &str) {
        for key in keys {
            self.remark(indent);
            if self.dice.one_in(3) {
                self.unknown(indent, deeper);
            }
            let name = self.name(last_name(key));
            self.write(&format!("{indent}{name}"));
            self.value(key);
            self.end_line();
        }
    }

    /// Keys of one section, in flow style.
    fn flow(&mut self, keys: &[&'static Key]) {
        let (open, comma, close) = self.dice.pick(&[
            ("{", ", ", "}"),
            ("{ ", " , ", " }"),
            ("{\n      ", ", # why\n      ", ",\n    }"),
            ("{x: [1], ", ", ", "}"),
        ]);
        self.write(open);
        for (index, key) in keys.iter().enumerate() {
            if index > 0 {
                self.write(comma);
            }
            self.write(&format!("{}: ", last_name(key)));
            self.value(key);
        }
        self.write(close);
        self.end_line();
    }
}

fn last_name(key: &Key) -> &'static str {
    key.path.rsplit('.').next().unwrap_or_default()
}

pub(super) fn is_number_or_word(key: &Key) -> bool {
    matches!(key.kind, Kind::Port | Kind::Milliseconds | Kind::Switch | Kind::Retention)
}

/// Spelt out here once more, on purpose: the code under test is not to judge itself.
pub(super) fn is_plain(value: &str) -> bool {
    value.starts_with(|first: char| first.is_ascii_alphabetic() || first == '/')
        && !["yes", "no"].contains(&value)
        && value.chars().all(|letter| letter.is_ascii_alphanumeric() || "-._:/".contains(letter))
}

pub(super) fn single_quoted(value: &str) -> String {
    format!("'{}'", value.replace('\'', "''"))
}

pub(super) fn double_quoted(value: &str) -> String {
    format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
}

pub(super) fn random_file(dice: &mut Dice) -> File {
    let ending = dice.pick(&["\n", "\n", "\r\n"]);
    let deeper = dice.pick(&["  ", "    ", "   "]);
    let mut author =
        Author { dice, file: File { pieces: vec![String::new()], values: Vec::new() }, ending, unknown_keys: 0 };
    let start = author.dice.pick(&["", "", "\u{feff}", "---\n", "# top: 1\n\n", "%YAML 1.2\n---\n"]);
    author.write(start);
    author.unknown_some("", deeper);
    let chosen: Vec<&'static Key> = KEYS.iter().filter(|_| author.dice.one_in(4)).collect();
    let section = |name: &str| -> Vec<&'static Key> {
        chosen
            .iter()
            .copied()
            .filter(|key| key.path.split_once('.').map_or("", |(section, _)| section) == name)
            .collect()
    };
    if !chosen.is_empty() {
        author.write("monitoring:");
        author.end_line();
        author.block(&section(""), deeper, deeper);
        for name in ["telemetry", "retention", "images"] {
            let keys = section(name);
            if keys.is_empty() {
                continue;
            }
            author.write(&format!("{deeper}{name}:"));
            if author.dice.one_in(3) {
                author.write(" ");
                author.flow(&keys);
            } else {
                author.end_line();
                author.block(&keys, &deeper.repeat(2), deeper);
            }
        }
    }
    author.unknown_some("", deeper);
    let mut file = author.file;
    if dice.one_in(3)
        && let Some(last) = file.pieces.last_mut()
    {
        // Not every editor ends the last line.
        last.truncate(last.trim_end_matches(['\n', '\r']).len());
    }
    file
}

impl Author<'_> {
    fn unknown_some(&mut self, indent: &str, deeper: &str) {
        for _ in 0..self.dice.below(3) {
            self.remark(indent);
            self.unknown(indent, deeper);
        }
    }
}
