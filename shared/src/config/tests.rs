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

fn of_file(text: &str) -> Environment {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    Environment::of_file(NAMED, file.path())
}

#[test]
fn a_file_of_variables_is_read_and_a_missing_one_is_none() {
    let file = "# comment\n\nexport STORE_URL='a b'\nCALSETA__STORE__SIZE=2MiB\n";
    let settings: Settings = load(DEFAULTS, None, &of_file(file)).unwrap();
    assert_eq!(settings.store.url.expose_secret(), "a b");
    assert_eq!(settings.store.size, ByteSize::mib(2));
    let none = Environment::of_file(NAMED, Path::new("/nowhere/.env"));
    assert!(load::<Settings>(DEFAULTS, None, &none).is_ok());
}

#[test]
fn a_line_of_the_file_that_cannot_be_read_is_named_by_its_number_alone() {
    for (file, number) in [
        ("STORE_URL=s3cret and more", 1),
        ("# comment\nA=1\n\n  s3cret line\nB=2\n", 4),
        ("A=1\nSTORE_URL='s3cret\nB=2", 2),
    ] {
        let error = load::<Settings>(DEFAULTS, None, &of_file(file)).unwrap_err();
        let error = error.to_string();
        assert!(error.contains(&format!(".env: line {number} ")), "{error}");
        assert!(!error.contains("s3cret"), "{error}");
    }
}
