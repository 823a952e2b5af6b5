//! The environment as configuration sees it: a snapshot, so that tests need not change the process's.
//!
//! Named variables (`DATABASE_URL`, …) are read literally, or from the file that `NAME_FILE` names,
//! without its last line break. A `.env` of the working directory fills what the process does not set; a line
//! of it that cannot be read is refused by its number, never by its text.

use std::{collections::BTreeMap, io::ErrorKind, path::Path};

use super::ConfigError;

const PREFIX: &str = "CALSETA__";

/// A variable with a name of its own, and the key it sets.
#[derive(Clone, Copy, Debug)]
pub struct Variable {
    /// Name in the environment.
    pub name: &'static str,
    /// Dotted key.
    pub key: &'static str,
}

/// A snapshot of the environment, and the named variables that this program reads from it.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    variables: BTreeMap<String, String>,
    named: &'static [Variable],
    /// What is wrong with `.env`.
    problem: Option<String>,
}

impl Environment {
    /// The process's environment over the working directory's `.env`.
    pub fn of_process(named: &'static [Variable]) -> Self {
        let mut environment = Self::of_file(named, Path::new(".env"));
        #[expect(
            clippy::disallowed_methods,
            reason = "the one place that reads the environment"
        )]
        let of_process = std::env::vars_os().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        });
        environment.variables.extend(of_process);
        environment
    }

    /// The variables of a file of `NAME=value` lines, if there is one.
    pub(super) fn of_file(named: &'static [Variable], path: &Path) -> Self {
        let (variables, problem) = match read(path) {
            Ok(variables) => (variables, None),
            Err(problem) => (BTreeMap::new(), Some(problem)),
        };
        Self {
            variables,
            named,
            problem,
        }
    }

    /// An environment of these variables and no others.
    pub fn of<'a>(
        named: &'static [Variable],
        variables: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Self {
        let variables = variables
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        Self {
            variables,
            named,
            problem: None,
        }
    }

    /// Refuses a `.env` that cannot be read.
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        match &self.problem {
            None => Ok(()),
            Some(problem) => Err(ConfigError::Invalid {
                key: ".env",
                problem: problem.clone(),
            }),
        }
    }

    /// The variable, when it is set and not empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.variables
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    pub(super) fn named(&self) -> Result<Vec<(&'static str, String)>, ConfigError> {
        let mut found = Vec::new();
        for Variable { name, key } in self.named {
            let file_variable = format!("{name}_FILE");
            if let Some(value) = self.get(name) {
                found.push((*key, value.to_owned()));
            } else if let Some(path) = self.get(&file_variable) {
                let value =
                    std::fs::read_to_string(path).map_err(|source| ConfigError::SecretFile {
                        variable: file_variable.clone(),
                        path: path.into(),
                        source,
                    })?;
                let value = value.strip_suffix('\n').unwrap_or(&value);
                found.push((*key, value.strip_suffix('\r').unwrap_or(value).to_owned()));
            }
        }
        Ok(found)
    }

    pub(super) fn prefixed(&self) -> impl Iterator<Item = (String, String)> {
        self.variables.iter().filter_map(|(name, value)| {
            let key = name.strip_prefix(PREFIX)?;
            Some((key.to_lowercase().replace("__", "."), value.clone()))
        })
    }
}

fn read(path: &Path) -> Result<BTreeMap<String, String>, String> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(BTreeMap::new()),
        Err(error) => return Err(format!("the file cannot be read: {error}")),
    };
    entries(&text).map_err(|_| {
        let line = bad_line(&text);
        format!("line {line} cannot be read: write NAME=value, with quotes around a value that has blanks")
    })
}

fn entries(text: &str) -> Result<BTreeMap<String, String>, dotenvy::Error> {
    dotenvy::from_read_iter(text.as_bytes()).collect()
}

/// The number of the first line that begins nothing that can be read; a value in quotes may go on for lines.
fn bad_line(text: &str) -> usize {
    let lines: Vec<&str> = text.lines().collect();
    let mut start = 0;
    while let Some(end) =
        (start + 1..=lines.len()).find(|end| entries(&lines[start..*end].join("\n")).is_ok())
    {
        start = end;
    }
    start + 1
}
