//! Where the members of a JSON object are in its text, so that one can be changed and the rest stays byte for byte.
//!
//! **Invariant:** only text that is valid JSON is looked at. What does not fit gives `None`, never a panic.

use std::ops::Range;

/// One member of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The name, without escapes.
    pub name: String,
    /// Where the name is, quotes included.
    pub key: Range<usize>,
    /// Where the value is.
    pub value: Range<usize>,
}

/// An object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// From the opening to the closing brace, both included.
    pub place: Range<usize>,
    /// In the order of the text.
    pub members: Vec<Member>,
}

impl Object {
    /// The first member with this name.
    pub fn member(&self, name: &str) -> Option<&Member> {
        self.members.iter().find(|member| member.name == name)
    }

    /// The first name that occurs twice, and where it does so again.
    pub fn repeated(&self) -> Option<&Member> {
        let is_repeated = |(index, member): &(usize, &Member)| {
            self.members[..*index].iter().any(|earlier| earlier.name == member.name)
        };
        self.members.iter().enumerate().find(is_repeated).map(|(_, member)| member)
    }

    /// The text with a new first member, laid out like the one that was the first. `None` if the object is empty.
    pub fn with_first(&self, text: &str, name: &str, value: &str) -> Option<String> {
        let first = self.members.first()?;
        let inside = self.place.start + 1;
        let lead = text.get(inside..first.key.start)?;
        let colon = text.get(first.key.end..first.value.start)?;
        let member = format!("{lead}{}{colon}{value},", quoted(name));
        Some(format!("{}{member}{}", text.get(..inside)?, text.get(inside..)?))
    }

    /// The text without a member, and without what belongs to it: the space before it, and a comma.
    pub fn without(&self, text: &str, name: &str) -> Option<String> {
        let index = self.members.iter().position(|member| member.name == name)?;
        let end_of_previous = index.checked_sub(1).map(|previous| self.members[previous].value.end);
        let after_comma = |end: usize| Some(end + text.get(end..)?.find(',')? + 1);
        let begin = match end_of_previous {
            Some(end) => after_comma(end)?,
            None => self.place.start + 1,
        };
        let gone = match (self.members.get(index + 1), end_of_previous) {
            (Some(_), _) => begin..after_comma(self.members[index].value.end)?,
            (None, Some(end)) => end..self.members[index].value.end,
            (None, None) => begin..self.place.end - 1,
        };
        replaced(text, gone, "")
    }
}

/// The text with something else in one place.
pub fn replaced(text: &str, place: Range<usize>, by: &str) -> Option<String> {
    Some(format!("{}{by}{}", text.get(..place.start)?, text.get(place.end..)?))
}

/// A text as JSON.
pub fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// The object that begins at this byte, or after space from there on.
pub fn object(text: &str, start: usize) -> Option<Object> {
    let bytes = text.as_bytes();
    let open = skip_space(bytes, start);
    if bytes.get(open) != Some(&b'{') {
        return None;
    }
    let mut members = Vec::new();
    let mut at = skip_space(bytes, open + 1);
    while bytes.get(at)? != &b'}' {
        let key = at..end_of_text(bytes, at)?;
        let colon = skip_space(bytes, key.end);
        let begin = skip_space(bytes, colon + 1);
        let value = begin..end_of_value(bytes, begin)?;
        at = skip_space(bytes, value.end);
        if bytes.get(at)? == &b',' {
            at = skip_space(bytes, at + 1);
        }
        members.push(Member { name: serde_json::from_str(text.get(key.clone())?).ok()?, key, value });
    }
    Some(Object { place: open..at + 1, members })
}

fn skip_space(bytes: &[u8], from: usize) -> usize {
    let rest = bytes.get(from..).unwrap_or_default();
    from + rest.iter().take_while(|byte| b" \t\r\n".contains(byte)).count()
}

/// The end of the text in quotes that begins here.
fn end_of_text(bytes: &[u8], from: usize) -> Option<usize> {
    let mut at = from + 1;
    loop {
        match bytes.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

/// The end of the value that begins here.
fn end_of_value(bytes: &[u8], from: usize) -> Option<usize> {
    let mut depth = 0_usize;
    let mut at = from;
    loop {
        match bytes.get(at)? {
            b'"' => at = end_of_text(bytes, at)?,
            b'{' | b'[' => {
                depth += 1;
                at += 1;
            }
            b'}' | b']' => {
                depth = depth.checked_sub(1)?;
                at += 1;
            }
            _ if depth == 0 => {
                let rest = bytes.get(at..)?.iter();
                at += rest.take_while(|byte| !b",]} \t\r\n".contains(byte)).count();
                return Some(at);
            }
            _ => at += 1,
        }
        if depth == 0 {
            return Some(at);
        }
    }
}
