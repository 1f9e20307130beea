//! The one table of pages. The router, the navigation, and the loading of WebAssembly parts are all derived from it.

use std::{future::Future, pin::Pin};

use leptos::{prelude::*, tachys::view::iterators::StaticVec};
use leptos_router::{
    ChooseView, NestedRoute, ParamSegment, PartialPathMatch, PathSegment, PossibleRouteMatch, SsrMode, StaticSegment,
    any_nested_route::{AnyNestedRoute, IntoAnyNestedRoute as _},
};

use crate::{
    components::Shape,
    pages::{
        agents, files, logs,
        settings::{self, SettingsPart},
        stack::StackPage,
    },
    parts::{NotLoaded, page_or_note},
};

/// One page, as the table lists it.
#[derive(Debug, Clone, Copy)]
pub struct Page {
    /// Its path below the panel's address. A segment that starts with `:` is a parameter.
    pub path: &'static str,
    /// Its entry in the navigation. A page without one is reached from another page.
    pub entry: Option<Entry>,
    code: Code,
}

/// An entry in the navigation.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// The word on the screen.
    pub title: &'static str,
    /// The icon beside it.
    pub icon: Shape,
}

/// Where the code of a page is.
#[derive(Debug, Clone, Copy)]
enum Code {
    /// In the main module, which every page loads.
    Main(fn() -> AnyView),
    /// In a part of the WebAssembly that is loaded when the page is first opened.
    Part(Part),
}

#[derive(Debug, Clone, Copy)]
struct Part {
    #[cfg_attr(not(test), expect(dead_code, reason = "names the part in the table and in its test"))]
    name: &'static str,
    load: fn() -> LocalFuture<Result<(), NotLoaded>>,
    view: fn() -> LocalFuture<Result<AnyView, NotLoaded>>,
}

type LocalFuture<T> = Pin<Box<dyn Future<Output = T>>>;

const AGENTS: Part =
    Part { name: "agents", load: || Box::pin(agents::load_part()), view: || Box::pin(agents::agents_part()) };

const AGENT: Part =
    Part { name: "agent", load: || Box::pin(agents::load_agent_part()), view: || Box::pin(agents::agent_part()) };

const SETTINGS: Part = Part {
    name: "settings",
    load: || Box::pin(settings::load_part()),
    view: || Box::pin(settings::settings_part(SettingsPart::Form)),
};

const LOGS: Part = Part { name: "logs", load: || Box::pin(logs::load_part()), view: || Box::pin(logs::logs_part()) };

const FILES: Part =
    Part { name: "files", load: || Box::pin(files::load_part()), view: || Box::pin(files::files_part()) };

/// All pages. The entries of the navigation are in this order.
pub static PAGES: [Page; 8] = [
    Page { path: "/", entry: entry("Stack", Shape::Layers), code: Code::Main(|| StackPage().into_any()) },
    Page { path: "/agents", entry: entry("Agents", Shape::Prompt), code: Code::Part(AGENTS) },
    Page { path: "/agents/:container", entry: None, code: Code::Part(AGENT) },
    Page { path: "/settings", entry: entry("Settings", Shape::Sliders), code: Code::Part(SETTINGS) },
    Page {
        path: "/settings/preview",
        entry: None,
        code: Code::Part(Part { view: || Box::pin(settings::settings_part(SettingsPart::Preview)), ..SETTINGS }),
    },
    Page { path: "/files", entry: entry("Files", Shape::File), code: Code::Part(FILES) },
    Page { path: "/logs", entry: entry("Logs", Shape::Lines), code: Code::Part(LOGS) },
    Page { path: "/logs/:service", entry: None, code: Code::Part(LOGS) },
];

const fn entry(title: &'static str, icon: Shape) -> Option<Entry> {
    Some(Entry { title, icon })
}

/// The routes for the router, one for each page.
pub fn routes() -> StaticVec<AnyNestedRoute> {
    let route = |page: &'static Page| {
        NestedRoute::new(Pattern(page.path), page).ssr_mode(SsrMode::Async).into_any_nested_route()
    };
    PAGES.iter().map(route).collect::<Vec<_>>().into()
}

/// Loads the part that holds the page at that path. A path without a page, or with a page in the main module, needs
/// nothing.
///
/// Hydration does not wait for parts, so this must finish first.
pub async fn load_part_of(path: &str) -> Result<(), NotLoaded> {
    match find(path).map(|page| page.code) {
        Some(Code::Part(part)) => (part.load)().await,
        Some(Code::Main(_)) | None => Ok(()),
    }
}

fn find(path: &str) -> Option<&'static Page> {
    let matches =
        |page: &&Page| Pattern(page.path).test(path).is_some_and(|found| matches!(found.remaining(), "" | "/"));
    PAGES.iter().find(matches)
}

impl ChooseView for &'static Page {
    async fn choose(self) -> AnyView {
        match self.code {
            Code::Main(view) => view(),
            Code::Part(part) => page_or_note((part.view)().await),
        }
    }

    async fn preload(&self) {
        if let Code::Part(part) = self.code {
            // A failure shows when the page is opened, which tries again.
            let _ = (part.load)().await;
        }
    }
}

/// A path of the table, matched segment by segment.
#[derive(Debug, Clone, Copy)]
struct Pattern(&'static str);

impl PossibleRouteMatch for Pattern {
    fn optional(&self) -> bool {
        false
    }

    fn test<'a>(&self, path: &'a str) -> Option<PartialPathMatch<'a>> {
        let (mut rest, mut params) = (path, Vec::new());
        for segment in self.segments() {
            let found = match segment.strip_prefix(':') {
                Some(name) => ParamSegment(name).test(rest)?,
                None => StaticSegment(segment).test(rest)?,
            };
            rest = found.remaining();
            params.extend(found.params());
        }
        Some(PartialPathMatch::new(rest, params, &path[..path.len() - rest.len()]))
    }

    fn generate_path(&self, path: &mut Vec<PathSegment>) {
        for segment in self.segments() {
            match segment.strip_prefix(':') {
                Some(name) => ParamSegment(name).generate_path(path),
                None => StaticSegment(segment).generate_path(path),
            }
        }
    }
}

impl Pattern {
    fn segments(self) -> Vec<&'static str> {
        match self.0 {
            // The router's own `path!` makes one segment of the root, too.
            "/" => vec!["/"],
            path => path.trim_start_matches('/').split('/').collect(),
        }
    }
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn part_name(path: &str) -> Option<&'static str> {
        match find(path)?.code {
            Code::Part(part) => Some(part.name),
            Code::Main(_) => Some("main"),
        }
    }

    #[test]
    fn each_address_finds_its_page_and_the_part_that_holds_it() {
        for (address, path, part) in [
            ("/", Some("/"), Some("main")),
            ("/agents", Some("/agents"), Some("agents")),
            ("/agents/", Some("/agents"), Some("agents")),
            ("/agents/clawker.shop.dev", Some("/agents/:container"), Some("agent")),
            ("/settings", Some("/settings"), Some("settings")),
            ("/settings/preview", Some("/settings/preview"), Some("settings")),
            ("/files", Some("/files"), Some("files")),
            ("/logs", Some("/logs"), Some("logs")),
            ("/logs/loki", Some("/logs/:service"), Some("logs")),
            ("/logs/loki/stream", None, None),
            ("/settings/other", None, None),
            ("/agentsx", None, None),
        ] {
            assert_eq!((find(address).map(|page| page.path), part_name(address)), (path, part), "{address}");
        }
    }

    #[test]
    fn a_parameter_is_read_from_the_address() {
        let found = Pattern("/agents/:container").test("/agents/clawker.shop.dev").expect("the pattern matches");
        assert_eq!(found.params(), [("container".into(), "clawker.shop.dev".to_owned())]);
    }

    #[test]
    fn pages_below_the_same_first_segment_share_a_part_except_those_of_agents() {
        let first = |path: &'static str| path.split('/').nth(1);
        for one in &PAGES {
            for other in PAGES.iter().filter(|other| first(one.path) == first(other.path)) {
                let own = one.path.starts_with("/agents") && one.path != other.path;
                assert_eq!(part_name(one.path) != part_name(other.path), own, "{} and {}", one.path, other.path);
            }
        }
    }

    #[test]
    fn paths_are_unique_and_navigation_leads_to_pages_without_parameters() {
        let paths: BTreeSet<&str> = PAGES.iter().map(|page| page.path).collect();
        assert_eq!(paths.len(), PAGES.len());
        let entries: Vec<(&str, &str)> = PAGES.iter().filter_map(|page| Some((page.entry?.title, page.path))).collect();
        assert_eq!(
            entries,
            [("Stack", "/"), ("Agents", "/agents"), ("Settings", "/settings"), ("Files", "/files"), ("Logs", "/logs")]
        );
        assert!(entries.iter().all(|(_, path)| !path.contains(':')));
    }

    #[test]
    fn the_router_gets_a_route_for_each_page() {
        use leptos_router::MatchNestedRoutes as _;

        for page in &PAGES {
            let address = page.path.replace(':', "some-");
            assert!(routes().match_nested(&address).0.is_some(), "{address}");
        }
        assert!(routes().match_nested("/no-such-page").0.is_none());
    }
}
