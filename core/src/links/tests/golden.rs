//! The addresses themselves, for every version in which their form changed.

use super::*;

fn addresses(links: &Links, about: &LinkContext) -> String {
    let all = [
        links.dashboard(about),
        links.panel(PanelId::Cost, about),
        links.solo(PanelId::Cost, about, true),
        links.events(about),
        links.metric(&selector("claude_code_commit_count_total", about), about),
    ];
    all.into_iter().map(|link| link.href.unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

fn of_version(version: &str) -> String {
    addresses(&Links::of(&snapshot(Some(version), None)), &about())
}

#[test]
fn old_grafana_versions_get_their_own_urls() {
    insta::assert_snapshot!(of_version("9.5.0"));
    insta::assert_snapshot!(of_version("10.4.0"));
    insta::assert_snapshot!(of_version("11.3.0"));
    assert_eq!(of_version("10.4.0"), of_version("11.2.9"));
    for newer in ["11", "11.10.0", "12", "12.4.2-ubuntu", "13.0.1", "main"] {
        assert_eq!(of_version("11.3.0"), of_version(newer), "{newer}");
    }
    assert_eq!(of_version("11.3.0"), addresses(&Links::of(&snapshot(None, None)), &about()), "unknown is newest");
}

#[test]
fn links_distinguish_all_owners_from_an_agent_without_a_project() {
    let everybody = LinkContext { range: Range::Week, ..LinkContext::default() };
    insta::assert_snapshot!(addresses(&newest(), &everybody));
    let lonely = LinkContext { owner: owner("", "dev"), ..LinkContext::default() };
    insta::assert_snapshot!(explore::events(&lonely), @r#"{service_name="claude-code"} | project="" | agent="dev" | clawker_simulated="""#);
    let untagged = LinkContext { untagged: true, ..LinkContext::default() };
    insta::assert_snapshot!(explore::events(&untagged), @r#"{service_name="claude-code"} | project="" | agent="" | clawker_simulated="""#);
    let project = LinkContext { owner: owner("shop", ""), ..LinkContext::default() };
    insta::assert_snapshot!(explore::events(&project), @r#"{service_name="claude-code"} | project="shop" | clawker_simulated="""#);
    insta::assert_snapshot!(selector("up", &lonely), @r#"up{project="",agent="dev",clawker_simulated=""}"#);
    let simulated = LinkContext { simulated: true, ..about() };
    insta::assert_snapshot!(explore::events(&simulated), @r#"{service_name="claude-code"} | project="shop" | agent="dev" | session_id="0198c7a2-51f0" | clawker_simulated="true""#);
}

#[test]
fn prometheus_and_jaeger_links() {
    let expression = r#"sum(rate(x{a="b"}[5m]))"#;
    let newest = newest();
    let old = Links::of(&snapshot(None, Some("2.55.1")));
    let all = [
        newest.prometheus(expression, Range::SixHours),
        old.prometheus(expression, Range::SixHours),
        newest.traces(&about()),
        newest.traces(&LinkContext::default()),
        newest.service(Service::Jaeger),
        newest.service(Service::Grafana),
    ];
    insta::assert_snapshot!(all.map(|link| link.href.unwrap_or_default()).join("\n"));
}
