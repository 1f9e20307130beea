//! The proxy through which a container's programs send, as far as its variables say. Proxy addresses may hold passwords, so
//! only the names of variables are kept.

/// The variables that name a proxy. Claude Code was seen to use each for endpoints of plain HTTP.
const PROXIES: [&str; 4] = ["HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"];
/// The variables that list the hosts that are reached without a proxy.
const EXCEPTIONS: [&str; 2] = ["NO_PROXY", "no_proxy"];
/// More exceptions than these are not looked at.
const MOST_EXCEPTIONS: usize = 500;

/// What a container's variables say about proxies.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProxySettings {
    /// The first variable that names a proxy; `None` if there is none.
    pub variable: Option<&'static str>,
    /// The hosts that are reached without it.
    pub exceptions: Vec<String>,
}

impl ProxySettings {
    /// Reads lines `NAME=value`. If a name occurs several times, the last one counts.
    pub fn read(lines: &[String]) -> ProxySettings {
        let value = |name: &str| {
            let values = lines.iter().rev().filter_map(|line| line.strip_prefix(name)?.strip_prefix('='));
            values.map(str::trim).next().filter(|value| !value.is_empty())
        };
        let listed = EXCEPTIONS.iter().filter_map(|name| value(name));
        let hosts = listed.flat_map(|list| list.split([',', ' '])).map(str::trim).filter(|host| !host.is_empty());
        ProxySettings {
            variable: PROXIES.into_iter().find(|name| value(name).is_some()),
            exceptions: hosts.take(MOST_EXCEPTIONS).map(str::to_owned).collect(),
        }
    }

    /// Whether the host is reached without the proxy.
    pub(super) fn excepts(&self, host: &str, port: Option<u16>) -> bool {
        let host = host.to_ascii_lowercase();
        self.exceptions.iter().any(|exception| {
            let exception = exception.to_ascii_lowercase();
            let (name, only) = exception.rsplit_once(':').map_or((exception.as_str(), None), |(name, port)| {
                port.parse::<u16>().map_or((exception.as_str(), None), |port| (name, Some(port)))
            });
            let name = name.trim_start_matches("*.").trim_start_matches('.');
            let is_domain = || host.strip_suffix(name).is_some_and(|rest| rest.ends_with('.'));
            (only.is_none() || only == port) && (name == "*" || name == host || !name.is_empty() && is_domain())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &[&str]) -> ProxySettings {
        ProxySettings::read(&lines.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn only_names_of_proxies_are_kept() {
        let found = read(&["PATH=/bin", "HTTPS_PROXY=http://ada:hush@proxy:3128", "NO_PROXY=localhost, .corp,a:80"]);
        assert_eq!((found.variable, found.exceptions.len()), (Some("HTTPS_PROXY"), 3));
        assert!(!format!("{found:?}").contains("hush"));
        assert_eq!(read(&["HTTP_PROXY=", "MY_HTTP_PROXY=x"]), ProxySettings::default());
        assert_eq!(read(&["HTTP_PROXY=http://p", "HTTP_PROXY="]).variable, None);
    }

    #[test]
    fn exceptions_are_hosts_domains_and_everything() {
        for (exceptions, is_excepted) in [
            ("otel-collector", true),
            ("localhost,OTEL-Collector", true),
            ("otel-collector:4318", true),
            ("otel-collector:80", false),
            ("*", true),
            ("collector", false),
            ("localhost", false),
            ("", false),
        ] {
            let proxy = read(&["HTTP_PROXY=http://p", &format!("no_proxy={exceptions}")]);
            assert_eq!(proxy.excepts("otel-collector", Some(4318)), is_excepted, "{exceptions}");
        }
        let domain = read(&["HTTP_PROXY=http://p", "NO_PROXY=.corp.example"]);
        assert!(domain.excepts("otel.corp.example", None) && !domain.excepts("otel.example", None));
    }
}
