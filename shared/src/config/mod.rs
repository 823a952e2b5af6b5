//! Configuration in four layers: embedded defaults, a file, named variables, `CALSETA__SECTION__KEY`.
//!
//! The later wins. An unknown key or a value of the wrong kind is refused by name before any socket
//! opens; secrets have no default and are never printed. The environment is read here and nowhere else.

mod environment;
mod list;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use config::{Config, File, FileFormat};
use secrecy::SecretString;
use serde::{Deserialize, Serialize, Serializer, de::DeserializeOwned};

pub use environment::{Environment, Variable};
pub use list::List;

/// The configuration cannot be used. One line that names the key and says what to do.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A key is unknown, missing, or has a value that cannot be read.
    #[error("configuration: {0}")]
    // Not as a source: its text is this error's text already.
    Unreadable(String),
    /// A secret's file cannot be read.
    #[error("configuration: {variable} names a file that cannot be read: {path}")]
    SecretFile {
        /// The `*_FILE` variable.
        variable: String,
        /// The file it names.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Two keys, or a key and the world, do not fit together.
    #[error("configuration: {key}: {problem}")]
    Invalid {
        /// The key, dotted.
        key: &'static str,
        /// What is wrong, and what would be right.
        problem: String,
    },
}

impl From<config::ConfigError> for ConfigError {
    fn from(error: config::ConfigError) -> Self {
        Self::Unreadable(error.to_string())
    }
}

/// What a section of settings checks across its keys.
pub trait Validate {
    /// # Errors
    /// [`ConfigError::Invalid`] naming the key.
    fn validate(&self) -> Result<(), ConfigError>;
}

/// Reads a program's configuration.
///
/// `defaults` is the embedded `config.default.toml`; `file` an optional file that must exist.
///
/// # Errors
/// Names the first key that is unknown or cannot be read.
pub fn load<T: DeserializeOwned + Validate>(
    defaults: &str,
    file: Option<&Path>,
    environment: &Environment,
) -> Result<T, ConfigError> {
    environment.check()?;
    let mut layers = Config::builder().add_source(File::from_str(defaults, FileFormat::Toml));
    if let Some(path) = file {
        layers = layers.add_source(File::from(path).format(FileFormat::Toml));
    }
    for (key, value) in environment.named()? {
        layers = layers.set_override(key, value)?;
    }
    // `set_override` wins over sources, so the prefixed variables are overrides too, set last.
    for (key, value) in environment.prefixed() {
        layers = layers.set_override(key, value)?;
    }
    let settings: T = layers.build()?.try_deserialize()?;
    settings.validate()?;
    Ok(settings)
}

/// The effective configuration as TOML-like lines `section.key = value`, secrets hidden.
///
/// # Errors
/// When a value cannot be written as JSON.
pub fn render<T: Serialize>(settings: &T) -> Result<String, serde_json::Error> {
    let mut lines = String::new();
    render_into(&mut lines, "", &serde_json::to_value(settings)?);
    Ok(lines)
}

fn render_into(lines: &mut String, prefix: &str, value: &serde_json::Value) {
    if let serde_json::Value::Object(entries) = value {
        for (key, value) in entries {
            let path = if prefix.is_empty() {
                key.clone()
            } else {
                format!("{prefix}.{key}")
            };
            render_into(lines, &path, value);
        }
    } else {
        lines.push_str(prefix);
        lines.push_str(" = ");
        lines.push_str(&value.to_string());
        lines.push('\n');
    }
}

/// Serializes a secret as `<set>` or `<not set>`.
///
/// # Errors
/// The serializer's.
pub fn hidden<S: Serializer>(secret: &SecretString, serializer: S) -> Result<S::Ok, S::Error> {
    use secrecy::ExposeSecret;
    serializer.serialize_str(if secret.expose_secret().is_empty() {
        "<not set>"
    } else {
        "<set>"
    })
}

/// Where the admin port listens.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct AdminConfig {
    /// `address:port`.
    pub listen: String,
}
