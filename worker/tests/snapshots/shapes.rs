//! Other ways to write the same document, each of them seen: what mustache and Kibana's APIs make of it.

use serde_json::{Map, Value};

type Transform = fn(&Value) -> Value;

/// The shape whose lists have lost what belongs together.
pub(crate) const FLAT: &str = "from the fields API";

pub(crate) const ALL: &[(&str, Transform)] = &[
    ("as it is", Value::clone),
    ("nested", nested),
    ("dotted", dotted),
    ("split", |source| split(&dotted(source))),
    ("every leaf in a list", |source| listed(&nested(source))),
    (FLAT, fields),
];

/// Every dot of a key opened to an object, as `{{context.alerts}}` is.
fn nested(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let mut root = Value::Object(Map::new());
            for (key, value) in members {
                let way: Vec<&str> = key.split('.').collect();
                insert(&mut root, &way, nested(value));
            }
            root
        }
        Value::Array(items) => items.iter().map(nested).collect(),
        leaf => leaf.clone(),
    }
}

/// Puts a value below a way of keys; objects that are there already are merged.
fn insert(place: &mut Value, way: &[&str], value: Value) {
    let Value::Object(members) = place else {
        return;
    };
    match way {
        [] => {}
        [last] => match (members.get_mut(*last), value) {
            (Some(there @ Value::Object(_)), Value::Object(more)) => {
                for (key, value) in more {
                    insert(there, &[&key], value);
                }
            }
            (_, value) => drop(members.insert((*last).to_owned(), value)),
        },
        [first, rest @ ..] => {
            let inner = members
                .entry(*first)
                .or_insert_with(|| Value::Object(Map::new()));
            insert(inner, rest, value);
        }
    }
}

/// Every object opened to dotted keys; lists stay.
fn dotted(value: &Value) -> Value {
    let mut root = Map::new();
    open("", value, &mut root, &|key, value, root| {
        root.insert(key.to_owned(), value.clone());
    });
    Value::Object(root)
}

/// What is done with a leaf and its dotted path.
type Leaf = dyn Fn(&str, &Value, &mut Map<String, Value>);

fn open(prefix: &str, value: &Value, root: &mut Map<String, Value>, leaf: &Leaf) {
    let Value::Object(members) = value else {
        return leaf(prefix, value, root);
    };
    for (key, value) in members {
        let key = if prefix.is_empty() {
            key.clone()
        } else {
            format!("{prefix}.{key}")
        };
        open(&key, value, root, leaf);
    }
}

/// Dotted keys, every second of them cut in two.
fn split(dotted: &Value) -> Value {
    let mut root = Value::Object(Map::new());
    for (index, (key, value)) in dotted.as_object().into_iter().flatten().enumerate() {
        match key.rsplit_once('.').filter(|_| index % 2 == 0) {
            Some((first, last)) => insert(&mut root, &[first, last], value.clone()),
            None => insert(&mut root, &[key], value.clone()),
        }
    }
    root
}

fn listed(value: &Value) -> Value {
    match value {
        Value::Object(members) => members
            .iter()
            .map(|(key, value)| (key.clone(), listed(value)))
            .collect(),
        Value::Array(items) if items.iter().any(Value::is_object) => {
            items.iter().map(listed).collect()
        }
        Value::Array(items) => Value::Array(items.clone()),
        leaf => Value::Array(vec![leaf.clone()]),
    }
}

/// Dotted leaves, each a list of all its values; what is null or has no leaf is not there.
fn fields(value: &Value) -> Value {
    let mut root = Map::new();
    leaves("", value, &mut root);
    Value::Object(root)
}

fn leaves(prefix: &str, value: &Value, root: &mut Map<String, Value>) {
    open(prefix, value, root, &|key, value, root| match value {
        Value::Array(items) => items.iter().for_each(|item| leaves(key, item, root)),
        Value::Null => {}
        leaf => {
            let list = root.entry(key).or_insert_with(|| Value::Array(Vec::new()));
            if let Value::Array(list) = list {
                list.push(leaf.clone());
            }
        }
    });
}
