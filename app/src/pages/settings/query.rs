//! The form as the query of an address, as a browser sends a form by `get`. The address carries the changes to the preview
//! and back, also without JavaScript.

use monitor_core::settings::Key;

use crate::address::decode;
pub use crate::address::encode_query;

/// Decodes the pairs of a settings form (`base`, `KEY`, `was.KEY`). Other pairs are left out: the server puts a refusal into
/// the same address.
pub fn read(search: &str) -> Vec<(String, String)> {
    search
        .trim_start_matches('?')
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (decode(name), decode(value)))
        .filter(|(name, _)| {
            let key = name.strip_prefix("was.").unwrap_or(name);
            name == "base" || Key::find(key).is_some_and(|known| known.path == key)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_round_trips() {
        let pairs =
            [("base", "a1"), ("otel_collector_endpoint", "https://ß.example/?a=b&c=d e+f%"), ("was.loki_port", "")];
        let query = encode_query(pairs);
        assert!(query.bytes().all(|byte| byte.is_ascii_graphic() && !b"+\"<>".contains(&byte)), "{query}");
        let read = read(&query);
        let read: Vec<(&str, &str)> = read.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(read, pairs);
    }

    #[test]
    fn a_browsers_encoding_is_decoded_and_other_pairs_are_left_out() {
        let read =
            read("?base=&__path=x&__err=eA&bind_address=%3a%3A1+&monitoring.loki_port=1&was.no_such=1&x&loki_port=%4");
        let read: Vec<(&str, &str)> = read.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(read, [("base", ""), ("bind_address", "::1 "), ("loki_port", "%4")]);
    }
}
