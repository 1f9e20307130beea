//! The proxy through which a container's programs send, as far as its variables and Claude Code's settings files say. Proxy
//! addresses may hold passwords, so only the names of variables are kept.
//!
//! Source: runs of the releases in `testdata/claude-code-releases.md`.

use std::collections::BTreeMap;

use super::{AgentContainer, variables::ValueSource};

/// The variables that name a proxy. Over HTTP, Claude Code uses the first four.
const PROXIES: [&str; 5] = ["HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "grpc_proxy"];
const OVER_HTTP: &[&str] = &["HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"];
const OVER_GRPC: &[&str] = &["grpc_proxy", "https_proxy", "http_proxy"];
/// The variables that list the hosts that are reached without a proxy. Over HTTP, the first two are added up, spaces
/// separate hosts too, and this machine is always reached without a proxy. Over gRPC, the third counts, or else the second,
/// and neither knows ports or `*`.
const EXCEPTIONS: [&str; 3] = ["NO_PROXY", "no_proxy", "no_grpc_proxy"];
/// More exceptions than these are not looked at.
const MOST_EXCEPTIONS: usize = 500;

/// What a container's variables, or the `env` of a settings file, say about proxies.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProxyVariables {
    /// The variables that name a proxy, and whether their value is not empty.
    proxies: BTreeMap<&'static str, bool>,
    /// The variables that list exceptions, and their parts between commas.
    exceptions: BTreeMap<&'static str, Vec<String>>,
}

impl ProxyVariables {
    /// Reads lines `NAME=value`. If a name occurs several times, the last one counts.
    pub fn read<'a>(lines: impl IntoIterator<Item = &'a str>) -> ProxyVariables {
        let mut found = ProxyVariables::default();
        for (name, value) in lines.into_iter().filter_map(|line| line.split_once('=')) {
            if let Some(name) = PROXIES.into_iter().find(|known| *known == name) {
                found.proxies.insert(name, !value.trim().is_empty());
            } else if let Some(name) = EXCEPTIONS.into_iter().find(|known| *known == name) {
                let parts = value.split(',').map(str::trim).filter(|part| !part.is_empty());
                found.exceptions.insert(name, parts.take(MOST_EXCEPTIONS).map(str::to_owned).collect());
            }
        }
        found
    }

    /// Whether a variable of this name says something about proxies.
    pub fn includes(name: &str) -> bool {
        PROXIES.contains(&name) || EXCEPTIONS.contains(&name)
    }
}

/// What Claude Code is told about proxies, with the source of each value.
#[derive(Debug, Clone, Default)]
pub(super) struct EffectiveProxy {
    proxies: BTreeMap<&'static str, (bool, ValueSource)>,
    exceptions: BTreeMap<&'static str, (Vec<String>, ValueSource)>,
}

impl EffectiveProxy {
    /// The container's variables, overridden by its settings files: those of a higher layer win, and of one layer the later
    /// ones.
    pub fn of(agent: &AgentContainer) -> EffectiveProxy {
        let mut proxy = EffectiveProxy::default();
        proxy.override_by(&agent.proxy, &ValueSource::Container);
        let mut files: Vec<_> = agent.settings_files.iter().collect();
        files.sort_by_key(|file| file.layer);
        for file in files {
            let source = ValueSource::Settings { layer: file.layer, path: file.path.clone() };
            proxy.override_by(&file.proxy, &source);
        }
        proxy
    }

    fn override_by(&mut self, variables: &ProxyVariables, source: &ValueSource) {
        self.proxies.extend(variables.proxies.iter().map(|(name, is_set)| (*name, (*is_set, source.clone()))));
        let exceptions = variables.exceptions.iter();
        self.exceptions.extend(exceptions.map(|(name, hosts)| (*name, (hosts.clone(), source.clone()))));
    }

    /// The variable that names the proxy, and what sets it; `None` if there is no proxy.
    pub fn variable(&self, over_grpc: bool) -> Option<(&'static str, &ValueSource)> {
        let names = if over_grpc { OVER_GRPC } else { OVER_HTTP };
        names.iter().find_map(|name| {
            let (is_set, source) = self.proxies.get(name)?;
            is_set.then_some((*name, source))
        })
    }

    /// The variables whose exceptions count, with what sets them.
    fn counted_exceptions(&self, over_grpc: bool) -> Vec<(&'static str, &(Vec<String>, ValueSource))> {
        let found = |names: &[&'static str]| -> Vec<_> {
            names.iter().filter_map(|name| Some((*name, self.exceptions.get(name)?))).collect()
        };
        let [all, own, of_grpc] = EXCEPTIONS;
        if !over_grpc {
            found(&[all, own])
        } else if self.exceptions.get(of_grpc).is_some_and(|(parts, _)| !parts.is_empty()) {
            found(&[of_grpc])
        } else {
            found(&[own])
        }
    }

    /// The variable to which an exception can be added, and what sets it; `None` if nothing does yet.
    pub fn exceptions_variable(&self, over_grpc: bool) -> (&'static str, Option<&ValueSource>) {
        let known = self.counted_exceptions(over_grpc).into_iter().next();
        known.map_or((EXCEPTIONS[usize::from(over_grpc)], None), |(name, (_, source))| (name, Some(source)))
    }

    /// Whether the host is reached without the proxy.
    pub fn excepts(&self, host: &str, port: Option<u16>, over_grpc: bool) -> bool {
        let host = host.to_ascii_lowercase();
        let counted = self.counted_exceptions(over_grpc);
        let mut parts = counted.iter().flat_map(|(_, (parts, _))| parts);
        let is_domain = |name: &str| host.strip_suffix(name).is_some_and(|rest| rest.ends_with('.'));
        let is_meant = |name: &str| {
            let name = name.trim_start_matches("*.").trim_start_matches('.');
            name == host || !name.is_empty() && is_domain(name)
        };
        if over_grpc {
            return parts.any(|part| is_meant(&part.to_ascii_lowercase()));
        }
        let is_local = ["localhost", "127.0.0.1", "[::1]"].contains(&host.as_str());
        let mut exceptions = parts.flat_map(|part| part.split_whitespace());
        is_local
            || exceptions.any(|exception| {
                let exception = exception.to_ascii_lowercase();
                let with_port =
                    exception.rsplit_once(':').and_then(|(name, port)| Some((name, port.parse::<u16>().ok()?)));
                let (name, only) = with_port.map_or((exception.as_str(), None), |(name, port)| (name, Some(port)));
                (only.is_none() || only == port) && (name == "*" || is_meant(name))
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &[&str]) -> EffectiveProxy {
        let mut proxy = EffectiveProxy::default();
        proxy.override_by(&ProxyVariables::read(lines.iter().copied()), &ValueSource::Container);
        proxy
    }

    fn name(proxy: &EffectiveProxy) -> [Option<&'static str>; 2] {
        [false, true].map(|over_grpc| proxy.variable(over_grpc).map(|(name, _)| name))
    }

    #[test]
    fn only_names_of_proxies_are_kept() {
        let found = read(&["PATH=/bin", "HTTPS_PROXY=http://ada:hush@proxy:3128", "NO_PROXY=localhost, .corp,a:80"]);
        assert_eq!((name(&found), found.exceptions["NO_PROXY"].0.len()), ([Some("HTTPS_PROXY"), None], 3));
        assert!(!format!("{found:?}").contains("hush"));
        assert_eq!(name(&read(&["HTTP_PROXY=", "MY_HTTP_PROXY=x", "ALL_PROXY=http://p"])), [None, None]);
        assert_eq!(name(&read(&["HTTP_PROXY=http://p", "HTTP_PROXY="])), [None, None]);
    }

    #[test]
    fn grpc_has_rules_of_its_own() {
        assert_eq!(name(&read(&["http_proxy=http://p"])), [Some("http_proxy"); 2]);
        assert_eq!(name(&read(&["grpc_proxy=http://p"])), [None, Some("grpc_proxy")]);
        let proxy = read(&["http_proxy=http://p", "NO_PROXY=a"]);
        assert_eq!([false, true].map(|over_grpc| proxy.excepts("a", None, over_grpc)), [true, false]);
        assert_eq!([false, true].map(|over_grpc| proxy.exceptions_variable(over_grpc).0), ["NO_PROXY", "no_proxy"]);
        for (exceptions, by_http, by_grpc) in
            [("a", true, true), ("*", true, false), ("a:4317", true, false), ("b a", true, false), ("b,a", true, true)]
        {
            let proxy = read(&[&format!("no_proxy={exceptions}")]);
            let found = [false, true].map(|over_grpc| proxy.excepts("a", Some(4317), over_grpc));
            assert_eq!(found, [by_http, by_grpc], "{exceptions}");
        }
        assert_eq!([false, true].map(|over_grpc| proxy.excepts("localhost", None, over_grpc)), [true, false]);
        let proxy = read(&["no_proxy=a", "no_grpc_proxy=b"]);
        assert_eq!(["a", "b"].map(|host| proxy.excepts(host, None, true)), [false, true]);
    }

    #[test]
    fn exceptions_are_hosts_domains_and_everything() {
        for (exceptions, is_excepted) in [
            ("otel-collector", true),
            ("localhost,OTEL-Collector", true),
            ("localhost otel-collector", true),
            ("otel-collector:4318", true),
            ("otel-collector:80", false),
            ("*", true),
            ("collector", false),
            ("localhost", false),
            ("172.18.0.0/16", false),
            ("", false),
        ] {
            let proxy = read(&["HTTP_PROXY=http://p", &format!("no_proxy={exceptions}")]);
            assert_eq!(proxy.excepts("otel-collector", Some(4318), false), is_excepted, "{exceptions}");
        }
        let domain = read(&["HTTP_PROXY=http://p", "NO_PROXY=.corp.example"]);
        assert!(domain.excepts("otel.corp.example", None, false) && !domain.excepts("otel.example", None, false));
    }
}
