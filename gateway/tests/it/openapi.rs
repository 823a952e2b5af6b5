//! `/openapi.json` says what there is: every route, every status of the error table, and nothing else.

use std::{collections::BTreeSet, fs, path::Path};

use calseta_gateway::{error::Code, openapi};
use serde_json::Value;
use utoipa::openapi::OpenApi;

use crate::{http::send, world::World};

/// Method and path.
type Route = (String, String);

fn documented() -> BTreeSet<Route> {
    let document: Value = serde_json::to_value(openapi::document()).unwrap();
    let mut found = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            found.insert((method.clone(), path.clone()));
        }
    }
    found
}

/// The routes that the sources register: `web::resource("…")` and the `.route(web::get()` behind it.
fn registered(folder: &Path, found: &mut BTreeSet<Route>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            registered(&path, found);
            continue;
        }
        let source = fs::read_to_string(&path).unwrap();
        for resource in source.split("web::resource(").skip(1) {
            let name = resource.split('"').nth(1).unwrap();
            let until = resource.split("default_service").next().unwrap();
            for route in until.split(".route(web::").skip(1) {
                let method = route.split('(').next().unwrap();
                found.insert((method.to_owned(), name.to_owned()));
            }
        }
    }
}

#[test]
fn every_route_is_in_the_document_and_the_reverse() {
    let mut routes = BTreeSet::new();
    registered(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
        &mut routes,
    );
    assert!(routes.len() > 20, "{routes:?}");
    assert_eq!(documented(), routes);
}

#[test]
fn every_code_of_the_error_table_is_documented_by_status_and_in_the_readme() {
    let document: Value = serde_json::to_value(openapi::document()).unwrap();
    let paths = document["paths"].as_object().unwrap().values();
    let operations: Vec<&Value> = paths
        .flat_map(|item| item.as_object().unwrap().values())
        .collect();
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = fs::read_to_string(readme).unwrap();
    for code in Code::ALL {
        let (status, name) = (code.status().as_u16().to_string(), code.name());
        let named = format!("`{name}`");
        let said = operations.iter().any(|operation| {
            let response = &operation["responses"][&status]["description"];
            response.as_str().is_some_and(|text| text.contains(&named))
        });
        assert!(said, "{name} is at no path");
        assert!(
            readme.contains(&format!("| {status} | {named} |")),
            "{name} is not in README.md"
        );
    }
    for (method, path) in documented() {
        assert!(
            path == "/openapi.json" || readme.contains(&path.replace("{source}", "elastic")),
            "{method} {path} is not in README.md"
        );
    }
}

#[test]
fn every_reference_of_the_document_is_to_something_in_it() {
    let text = openapi::document().to_json().unwrap();
    let document: Value = serde_json::from_str(&text).unwrap();
    let mut references = 0;
    for part in text.split("\"$ref\":\"#").skip(1) {
        let pointer = part.split('"').next().unwrap();
        assert!(document.pointer(pointer).is_some(), "{pointer}");
        references += 1;
    }
    assert!(references > 20, "only {references}");
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_served_without_a_key_as_openapi_3_1_and_every_path_of_it_answers() {
    let world = World::ready(&[]).await;
    let served = send(world.address, "GET /openapi.json", &[], b"").await;
    assert_eq!(served.status, 200);
    assert_eq!(served.header("content-type"), Some("application/json"));
    assert_eq!(served.body["openapi"], "3.1.0");
    let read: OpenApi = serde_json::from_slice(&served.bytes).unwrap();
    assert_eq!(
        read.paths.paths.len(),
        openapi::document().paths.paths.len()
    );
    for (method, path) in documented() {
        let path = path.replace("{source}", "elastic").replace(['{', '}'], "");
        let request = format!("{} {path}", method.to_uppercase());
        let answer = send(world.address, &request, &[], b"").await;
        let expected = if path == "/openapi.json" { 200 } else { 401 };
        assert_eq!(answer.status, expected, "{request}");
    }
}
