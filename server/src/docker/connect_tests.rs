//! The Engine's address for different environments and files.

use std::collections::BTreeMap;

use super::*;

/// The text of a socket that this user may not use.
const CLOSED: &str = "closed";

/// A disk with these files only.
struct FakeDisk(BTreeMap<PathBuf, String>);

impl Disk for FakeDisk {
    fn exists(&self, path: &Path) -> bool {
        self.0.keys().any(|existing| existing.starts_with(path))
    }
    /// Not where the file says so.
    fn may_connect(&self, path: &Path) -> bool {
        self.0.get(path).is_none_or(|text| text != CLOSED)
    }
    fn read(&self, path: &Path) -> io::Result<String> {
        self.0.get(path).cloned().ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

fn endpoint(variables: &[(&str, &str)], files: &[(&str, &str)]) -> Result<Endpoint, StackError> {
    let variables: BTreeMap<String, String> =
        variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let disk = FakeDisk(files.iter().map(|(path, text)| (PathBuf::from(path), (*text).to_owned())).collect());
    find_endpoint(&|name| variables.get(name).cloned(), &disk)
}

fn outcome(result: Result<Endpoint, StackError>) -> String {
    match result {
        Ok(endpoint) => endpoint.to_string(),
        Err(StackError::ContextNotFound { name }) => format!("no context {name}"),
        Err(StackError::EndpointUnsupported { detail, .. }) => format!("unsupported: {detail}"),
        Err(StackError::EngineUnreachable { endpoint, .. }) if endpoint.is_empty() => "none found".into(),
        Err(other) => format!("{other:?}"),
    }
}

const HOME: (&str, &str) = ("HOME", "/home/ada");
const RUNTIME: (&str, &str) = ("XDG_RUNTIME_DIR", "/run/user/1000");

#[test]
fn docker_host_comes_first_and_is_parsed_like_the_docker_cli_does() {
    for (host, expected) in [
        ("unix:///tmp/d.sock", "unix:///tmp/d.sock"),
        ("tcp://box:2376", "tcp://box:2376"),
        ("tcp://box", "tcp://box:2375"),
        ("http://box:80/", "tcp://box:80"),
        ("box:2375", "tcp://box:2375"),
        ("tcp://[::1]:2375", "tcp://[::1]:2375"),
        ("tcp://[::1]", "tcp://[::1]:2375"),
        ("tcp://box:port", "unsupported: it is not of the form `tcp://HOST:PORT`"),
        ("tcp://", "unsupported: it is not of the form `tcp://HOST:PORT`"),
        ("unix://docker.sock", "unsupported: the path of the socket has to start with `/`"),
        ("https://box", "unsupported: TLS is not supported"),
        ("ssh://ada@box", "unsupported: connections over `ssh` are not supported"),
        ("npipe:////./pipe/docker_engine", "unsupported: named pipes are not supported"),
        ("fd://", "unsupported: only the schemes `unix` and `tcp` are supported"),
    ] {
        let variables = [HOME, ("DOCKER_HOST", host), ("DOCKER_CONTEXT", "absent")];
        assert_eq!(outcome(endpoint(&variables, &[("/var/run/docker.sock", "")])), expected, "{host}");
    }
    let tls = endpoint(&[("DOCKER_HOST", "tcp://box:2376"), ("DOCKER_TLS_VERIFY", "1")], &[]);
    assert_eq!(outcome(tls), "unsupported: TLS is not supported");
}

#[test]
fn an_empty_docker_host_counts_as_not_set() {
    let found = endpoint(&[HOME, ("DOCKER_HOST", "")], &[("/var/run/docker.sock", "")]);
    assert_eq!(outcome(found), "unix:///var/run/docker.sock");
}

#[test]
fn a_context_is_looked_up_by_the_hash_of_its_name() {
    let folder = |config: &str, kind: &str| {
        // `printf rootless | sha256sum`
        let hash = "12b961af5feb3e9d39f93b2cefb9a1a944f18d02cca0cac2f04f5a982240605f";
        format!("{config}/contexts/{kind}/{hash}")
    };
    let meta = format!("{}/meta.json", folder("/home/ada/.docker", "meta"));
    let text = r#"{"Name":"rootless","Metadata":{},"Endpoints":{"docker":{"Host":"unix:///run/user/1000/docker.sock","SkipTLSVerify":false}}}"#;
    let chosen = ("/home/ada/.docker/config.json", r#"{"auths":{},"currentContext":"rootless"}"#);
    let ordinary = ("/var/run/docker.sock", "");
    let found = "unix:///run/user/1000/docker.sock";

    assert_eq!(outcome(endpoint(&[HOME], &[chosen, (&meta, text), ordinary])), found);
    assert_eq!(outcome(endpoint(&[HOME, ("DOCKER_CONTEXT", "rootless")], &[(&meta, text), ordinary])), found);
    // The variable overrides the file, and `default` means no context.
    let default = endpoint(&[HOME, ("DOCKER_CONTEXT", "default")], &[chosen, (&meta, text), ordinary]);
    assert_eq!(outcome(default), "unix:///var/run/docker.sock");
    let absent = endpoint(&[HOME, ("DOCKER_CONTEXT", "absent")], &[chosen, (&meta, text), ordinary]);
    assert_eq!(outcome(absent), "no context absent");
    assert_eq!(outcome(endpoint(&[HOME], &[chosen, ordinary])), "no context rootless");
    // DOCKER_CONFIG sets another folder.
    let elsewhere = format!("{}/meta.json", folder("/etc/dock", "meta"));
    let moved = [HOME, ("DOCKER_CONFIG", "/etc/dock"), ("DOCKER_CONTEXT", "rootless")];
    assert_eq!(outcome(endpoint(&moved, &[(&elsewhere, text)])), found);
    assert_eq!(outcome(endpoint(&moved, &[(&meta, text)])), "no context rootless");
    // A context with certificates needs TLS. A context without an Engine is refused.
    let certificate = format!("{}/docker/ca.pem", folder("/home/ada/.docker", "tls"));
    let remote = r#"{"Endpoints":{"docker":{"Host":"tcp://box:2376"}}}"#;
    let with_tls = endpoint(&[HOME], &[chosen, (&meta, remote), (&certificate, "")]);
    assert_eq!(outcome(with_tls), "unsupported: TLS is not supported");
    // Without certificates, but with TLS that is not verified.
    let unverified = r#"{"Endpoints":{"docker":{"Host":"tcp://box:2376","SkipTLSVerify":true}}}"#;
    assert_eq!(outcome(endpoint(&[HOME], &[chosen, (&meta, unverified)])), "unsupported: TLS is not supported");
    let kubernetes = endpoint(&[HOME], &[chosen, (&meta, r#"{"Endpoints":{"kubernetes":{}}}"#)]);
    assert_eq!(outcome(kubernetes), "unsupported: the context has no Docker endpoint");
}

fn told(found: &Endpoint) -> String {
    found.passed_over().iter().map(|it| it.what.as_str()).collect::<Vec<_>>().join("\n")
}

#[test]
fn an_invalid_configuration_file_selects_no_context_and_is_told() {
    let found = endpoint(&[HOME], &[("/home/ada/.docker/config.json", "{"), ("/var/run/docker.sock", "")]);
    let found = found.expect("the well-known socket");
    assert_eq!(found.to_string(), "unix:///var/run/docker.sock");
    insta::assert_snapshot!(told(&found), @"`/home/ada/.docker/config.json` is not valid (EOF while parsing an object at line 1 column 1), so its Docker context is ignored");
    let absent = endpoint(&[HOME], &[("/var/run/docker.sock", "")]).expect("the well-known socket");
    assert_eq!(told(&absent), "");
}

#[test]
fn a_socket_that_this_user_may_not_use_is_passed_over_and_told() {
    let (ordinary, rootless) = ("/var/run/docker.sock", "/run/user/1000/docker.sock");
    let found = endpoint(&[HOME, RUNTIME], &[(ordinary, CLOSED), (rootless, "")]).expect("the rootless one");
    assert_eq!(found.to_string(), format!("unix://{rootless}"));
    insta::assert_snapshot!(told(&found), @"this user isn't allowed to use the socket `/var/run/docker.sock`, so Docker is reached at `/run/user/1000/docker.sock`");
    // With no other, the error is about its permissions.
    for files in [&[(ordinary, CLOSED)][..], &[(ordinary, CLOSED), (rootless, CLOSED)]] {
        let found = endpoint(&[HOME, RUNTIME], files).expect("the first one");
        assert_eq!((found.to_string(), told(&found)), (format!("unix://{ordinary}"), String::new()));
    }
    // One that was asked for is used as it is.
    let asked =
        endpoint(&[RUNTIME, ("DOCKER_HOST", "unix:///var/run/docker.sock")], &[(ordinary, CLOSED), (rootless, "")]);
    assert_eq!(outcome(asked), format!("unix://{ordinary}"));
}

#[test]
fn well_known_sockets_are_tried_in_order() {
    let sockets = [
        "/var/run/docker.sock",
        "/run/user/1000/docker.sock",
        "/home/ada/.docker/run/docker.sock",
        "/home/ada/.docker/desktop/docker.sock",
        "/run/user/1000/podman/podman.sock",
        "/run/podman/podman.sock",
    ];
    for first in 0..sockets.len() {
        let files: Vec<(&str, &str)> = sockets[first..].iter().map(|path| (*path, "")).collect();
        assert_eq!(outcome(endpoint(&[HOME, RUNTIME], &files)), format!("unix://{}", sockets[first]));
    }
    assert_eq!(outcome(endpoint(&[HOME, RUNTIME], &[])), "none found");
    assert_eq!(outcome(endpoint(&[], &[])), "none found");
}

#[test]
fn containers_mount_the_socket_at_the_path_that_the_engine_knows() {
    for (host, socket, ports) in [
        ("unix:///var/run/docker.sock", "/var/run/docker.sock", None),
        ("unix:///run/user/1000/docker.sock", "/run/user/1000/docker.sock", None),
        ("unix:///home/ada/.docker/desktop/docker.sock", "/var/run/docker.sock", None),
        ("unix:///home/ada/.colima/default/docker.sock", "/var/run/docker.sock", None),
        ("tcp://127.0.0.1:2375", "/var/run/docker.sock", None),
        ("tcp://[::1]:2375", "/var/run/docker.sock", None),
        ("tcp://localhost:2375", "/var/run/docker.sock", None),
        ("tcp://box:2375", "/var/run/docker.sock", Some("box")),
        ("tcp://10.0.0.7:2375", "/var/run/docker.sock", Some("10.0.0.7")),
    ] {
        let endpoint = endpoint(&[HOME, ("DOCKER_HOST", host)], &[]).expect("a supported address");
        assert_eq!(socket_for_containers(&endpoint), socket, "{host}");
        assert_eq!(host_of_published_ports(&endpoint).as_deref(), ports, "{host}");
    }
}
