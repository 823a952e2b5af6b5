//! Layers, refusals and secrets of the configuration.

#![expect(clippy::unwrap_used, reason = "tests")]

use bytesize::ByteSize;
use secrecy::ExposeSecret;

use super::*;

const NAMED: &[Variable] = &[Variable {
    name: "STORE_URL",
    key: "store.url",
}];
const DEFAULTS: &str = r#"
[store]
url = ""
size = "1MiB"
wait = "5s"
modes = ["a", "b"]
"#;

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    store: Store,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Store {
    #[serde(serialize_with = "hidden")]
    url: SecretString,
    size: ByteSize,
    #[serde(with = "humantime_serde")]
    wait: std::time::Duration,
    modes: List<String>,
}

impl Validate for Settings {
    fn validate(&self) -> Result<(), ConfigError> {
        if self.store.size.as_u64() == 0 {
            return Err(ConfigError::Invalid {
                key: "store.size",
                problem: "must be above 0".into(),
            });
        }
        Ok(())
    }
}

fn load_with<const N: usize>(variables: [(&str, &str); N]) -> Result<Settings, ConfigError> {
    load(DEFAULTS, None, &Environment::of(NAMED, variables))
}

#[test]
fn a_prefixed_variable_wins_over_the_default() {
    let settings = load_with([
        ("CALSETA__STORE__SIZE", "2MiB"),
        ("CALSETA__STORE__WAIT", "250ms"),
        ("CALSETA__STORE__MODES", "x, y,"),
    ])
    .unwrap();
    assert_eq!(settings.store.size, ByteSize::mib(2));
    assert_eq!(settings.store.wait.as_millis(), 250);
    assert_eq!(*settings.store.modes, ["x".to_owned(), "y".to_owned()]);
}

#[test]
fn an_unknown_key_is_refused_by_its_name() {
    let error = load_with([("CALSETA__STORE__COLOUR", "red")])
        .unwrap_err()
        .to_string();
    assert!(error.contains("colour"), "{error}");
    assert!(!error.contains('\n'), "{error}");
}

#[test]
fn a_value_of_the_wrong_kind_is_refused_by_its_key() {
    let error = load_with([("CALSETA__STORE__WAIT", "soon")])
        .unwrap_err()
        .to_string();
    assert!(error.contains("store.wait"), "{error}");
}

#[test]
fn keys_that_do_not_fit_together_are_refused() {
    let error = load_with([("CALSETA__STORE__SIZE", "0B")]).unwrap_err();
    assert!(matches!(
        error,
        ConfigError::Invalid {
            key: "store.size",
            ..
        }
    ));
}

#[test]
fn a_secret_is_read_from_its_file_without_the_line_break_and_never_rendered() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "007 with spaces \n").unwrap();
    let path = file.path().to_str().unwrap();
    let settings = load_with([("STORE_URL_FILE", path)]).unwrap();
    assert_eq!(settings.store.url.expose_secret(), "007 with spaces ");
    let rendered = render(&settings).unwrap();
    assert!(rendered.contains("store.url = \"<set>\""), "{rendered}");
    assert!(!rendered.contains("007"), "{rendered}");
}

#[test]
fn a_secret_file_that_is_missing_is_named() {
    let error = load_with([("STORE_URL_FILE", "/nowhere/secret")])
        .unwrap_err()
        .to_string();
    assert!(error.contains("STORE_URL_FILE"), "{error}");
}
