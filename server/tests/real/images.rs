//! The images of the real programs, as `cargo xtask test` lists them.

use monitor_core::service::Service;
use serde_json::Value;

/// The image of one service.
#[derive(Debug, Clone)]
pub struct Image {
    pub service: Service,
    pub name: String,
    /// It is not the program itself that answers, but a stand-in.
    pub is_stand_in: bool,
}

/// The images of all six services.
pub fn images() -> Vec<Image> {
    let file = std::env::var("MONITOR_TEST_REAL").expect("`MONITOR_TEST_REAL` is set by `cargo xtask test`");
    let list: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let image = |entry: &Value| {
        let text = |key: &str| entry[key].as_str().unwrap().to_owned();
        let service = Service::from_name(&text("service")).unwrap();
        Image { service, name: text("image"), is_stand_in: text("origin") == "stand-in" }
    };
    list.iter().map(image).collect()
}

/// Whether a service is played by a stand-in.
pub fn is_stand_in(service: Service) -> bool {
    images().iter().any(|image| image.service == service && image.is_stand_in)
}

#[test]
fn the_images_are_those_that_the_stack_pins() {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../end2end/real/programs.json")).unwrap();
    let programs: Value = serde_json::from_str(&text).unwrap();
    for service in Service::ALL {
        let pinned = monitor_core::stack::pinned_image(service).to_string();
        assert_eq!(programs[service.name()]["image"].as_str(), pinned.split('@').next(), "{service}");
    }
    // The collector's builder has its version in another file.
    let manifest = include_str!("../../../end2end/real/collector.yaml");
    let tag = programs["otel-collector"]["image"].as_str().unwrap().rsplit(':').next().unwrap();
    assert!(manifest.contains(&format!("version: {tag}\n")), "{tag}");
}
